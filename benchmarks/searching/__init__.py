"""Questions and the passages that answer them, made by hand, in English and Spanish; see
`benchmarks/search.py`.
"""
