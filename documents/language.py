"""Tells Spanish from English by the small words that nobody can write a letter without, and by those of
laboratories, whose reports are tables and have few others.
"""

import re
from collections import Counter

SPANISH, ENGLISH, UNKNOWN = "es", "en", ""

_WORD = re.compile(r"[^\W\d_]+")
_MOST_CHARS = 200_000
# So many small words must speak for a language, and so many times as many as for the other.
_FEWEST, _CLEARLY = 3, 1.5

# Words of one language that are none of the other's ("no", "a" and "me" are both's, and not here).
_SPANISH = """
de la el los las del al un una unos unas y en que con por para su sus se lo le les es son fue ser como más
pero sin sobre entre desde hasta este esta estos estas ese esa hay ha han muy ya también cuando donde quien
cual paciente años edad fecha nombre sexo diagnóstico tratamiento presenta refiere niega médico señor señora
resultado resultados valores referencia unidades muestra sangre orina suero hemoglobina hematocrito
leucocitos plaquetas eritrocitos glucosa creatinina colesterol triglicéridos sodio potasio bajo negativo
positivo página
"""
_ENGLISH = """
the of and to in is was were are be been with for on that this these those his her he she it its by from at
as or not have has had which who when where will would should there their they patient years age date name sex
diagnosis treatment presents reports denies pain physician mr mrs ms
result results range reference units specimen sample blood urine serum haemoglobin hemoglobin hematocrit
leucocytes leukocytes platelets erythrocytes glucose creatinine cholesterol triglycerides sodium potassium low
high negative positive report page
"""
_SMALL_WORDS = {SPANISH: frozenset(_SPANISH.split()), ENGLISH: frozenset(_ENGLISH.split())}


def language_of(text: str) -> str:
    """`"es"`, `"en"`, or `""` where the text is too short or speaks for neither.

    Only the first 200,000 characters are looked at. Accents that recognition has lost do not matter much:
    most small words have none.
    """
    words = Counter(_WORD.findall(text[:_MOST_CHARS].lower()))
    counts = {
        language: sum(words[word] for word in small_words) for language, small_words in _SMALL_WORDS.items()
    }
    (first, most), (_, other) = sorted(counts.items(), key=lambda item: -item[1])
    return first if most >= _FEWEST and most >= _CLEARLY * other else UNKNOWN
