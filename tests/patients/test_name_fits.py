"""Records that look alike to a file's words are fitted once, and the fit is that of each by itself."""

from hypothesis import given, settings
from hypothesis import strategies as st

from patients.clues import FILE_NAME
from patients.matching.name_fits import NameFits
from patients.matching.names import fit_names
from patients.matching.normalise import Person, person_of
from patients.matching.reading import Kind, Word
from patients.matching.vocabulary import Vocabulary

FAMILY = ("García", "de la Cruz", "Garza", "O'Brien", "Li", "Nguyễn", "Garci", "Mac Donald")
GIVEN = ("María", "Mario", "José", "Pepe", "Min Ji", "Minji", "M", "Juan Carlos", "Ana")
# As they are, one slip away, cut off, short, initials, two in one, and strangers.
TEXTS = (
    "garcia", "garza", "grcia", "garc", "maria", "mario", "jose", "pepe", "m", "j", "g", "minji", "min", "ji",
    "juan", "juancarlos", "carlos", "cruz", "delacruz", "obrien", "li", "donald", "macdonald", "zzyzx", "ana",
)  # fmt: skip

people = st.builds(
    lambda family, given: person_of("1", "1", family=" ".join(family), given=" ".join(given)),
    st.lists(st.sampled_from(FAMILY), min_size=1, max_size=2),
    st.lists(st.sampled_from(GIVEN), min_size=1, max_size=2),
)
words = st.builds(
    Word,
    text=st.sampled_from(TEXTS),
    kind=st.sampled_from([Kind.NAME, Kind.UNKNOWN, Kind.ASIDE]),
    source=st.just(FILE_NAME),
    is_restored=st.booleans(),
)


@settings(deadline=None, max_examples=400)
@given(
    st.lists(people, min_size=1, max_size=12), st.lists(words, max_size=5, unique_by=lambda word: word.text)
)
def test_each_is_fitted_as_if_it_were_the_only_one(everybody: list[Person], read: list[Word]) -> None:
    read = [Word(each.text, Kind.INITIAL, FILE_NAME) if len(each.text) == 1 else each for each in read]
    vocabulary = Vocabulary.of(everybody)
    fits = NameFits(tuple(read), vocabulary)
    for person in everybody:
        assert fits.of(person) == fit_names(tuple(read), person, vocabulary)
