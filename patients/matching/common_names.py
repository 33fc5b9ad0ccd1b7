"""Names that nobody needs a directory to know: a small clinic has few of them, and strangers bear them."""

from patients.matching.nickname_table import FORMS
from patients.matching.nicknames import formal_names

_TABLE = """
    acosta adams aguilar aguirre alexander allen alvarado alvarez anderson andrade arias arroyo avila ayala
    bailey baker barnes barrera bautista bell beltran benavides bennett bravo brooks brown bryant butler
    cabrera calderon camacho campbell campos cantu cardenas carrillo carter castaneda castillo castro
    cavazos cervantes chan chavez chen choi clark coleman collins contreras cook cooper cordova correa
    cortez cortes cox cruz davis delgado diaz dominguez duran edwards elizondo escobar espinosa espinoza
    esparza estrada evans fernandez figueroa flores foster fuentes galvan garcia garza gomez gonzales
    gonzalez gray green griffin guerra guerrero gutierrez guzman hall harris henderson hernandez herrera
    hill howard huang huerta hughes ibarra jackson james jenkins jimenez johnson jones juarez kelly khan kim
    king kumar lara leal lee leon lewis liu long lopez lozano lucero lugo luna macias maldonado marin
    marquez martin martinez mcdonald medina mejia melendez mendez mendoza meza miller miranda mitchell molina
    montoya montes moore mora morales moreno morgan morris munoz murillo murphy myers nava navarro nelson
    nguyen nunez ochoa ojeda orozco ortega ortiz osorio pacheco padilla palacios park parker parra patel
    patterson pena peralta perez perry peterson phillips pham pineda ponce powell price quintero ramirez
    ramos rangel reed reyes reynolds richardson rios rivas rivera roberts robinson robles rodriguez rogers
    rojas roman romero rosales rosario ross rubio ruiz russell salas salazar salinas sanchez sanders sandoval
    santana santiago santos scott serrano sierra silva simmons singh smith solis sosa soto stewart suarez
    sullivan taylor thomas thompson torres tran trejo trevino trujillo turner valdez valencia valenzuela
    vargas vasquez vazquez vega velasco velasquez velez vera villa villarreal walker wang washington watson
    white williams wilson wong wood wright yang young zamora zapata zavala zhang zuniga
"""
_SURNAMES = frozenset(_TABLE.split())


def is_common_name(word: str) -> bool:
    """Is `word` (folded) a frequent surname, or a given name or short form of the table of nicknames?"""
    return word in _SURNAMES or word in FORMS or bool(formal_names(word))
