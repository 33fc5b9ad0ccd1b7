"""The parts of `benchmarks.matching`: a made-up directory, the product, its rivals, the score."""
