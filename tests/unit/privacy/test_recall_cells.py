"""How much of what stands in cells of a table is found, one cell at a time: people among labels, and labels alone."""

from __future__ import annotations

import pytest
from ckanext.steamcity.privacy import scan_table
from ckanext.steamcity.privacy.cells import in_cell, suspicious
from ckanext.steamcity.privacy.texts import people

PEOPLE = """
Giulia Rossi
Marie Dupont
José García López
Мария Иванова
Иван Петров
Lucas Martin
Emma Bernard
Chloé Petit
Luca Bianchi
Anne-Marie Leroy
Jean-Pierre Moreau
Mohamed El Amrani
Álvaro Gómez
Yasmine B.
Rossi Giulia
DUPONT Marie
Martin, Lucas
giulia rossi
marie dupont
Thomas
Francesca
Десислава
Lotte Peeters
Aylin Yılmaz
Victoria Ivanova
Rosa García
Виктория Петрова
found by Pierre Martin
trouvé par Nathan
oak (Marie Dupont)
trovato da Alessia
visto por Pablo
от Калина Иванова
Emma and Louis
Léa et Hugo
Emma's oak
prof. Giulia Rossi
Mme Lefèvre
Élève : Théo
élève n°4
alumno nº 12
marie.dupont@ecole.fr
giulia at scuola dot it
Tel: 3391234567
06 12 34 56 78
+359 888 123 456
тел. 0888123456
FR76 3000 6000 0112 3456 7890 189
IT60X0542811101000000123456
instagram.com/giulia_rossi
https://www.facebook.com/jean.dupont
tiktok.com/@lea.m
@lea_du13
12 rue des Lilas
43.52971, 5.44742
john smith
Pierre Delacroix
Oliver Brown
Sophie Lemaire
Antoine Garnier
Inès Benali
Hugo Fabre
Manon
Nathan Girard
Clémence Roche
Adam Haddad
Martina De Luca
Alessandro Conti
Sara
Federica Marino
Gennaro Esposito
Lucía Fernández
Pablo Ruiz
Nerea
Carmen Vega
Hugo Sánchez Pérez
Георги Димитров
Елена
Стоян Колев
Калоян
Ivan Petrov
Desislava Georgieva
Wout Claes
Noor El Idrissi
Kacper Nowak
Priya Sharma
Xiomara Delgado
Enrique Soler
Bérénice Caron
Zhang Wei
seen by Manon
vu par Inès
vista da Sara
visto por Nerea
намерено от Стоян
measured: Theo
Sophie's plant
le chêne de Nathan
group Emma, Hugo
(Marco)
Marco 3B
Luca e Sara
M. Garnier
Sig.ra Conti
mail: a.b@c.org
0032 478 12 34 56
cell. 333 1234567
tel 0612345678
@marco.b2
snapchat.com/add/leo
ES91 2100 0418 4502 0005 1332
pupil no. 7
""".strip().splitlines()
LABELS = """
Rosa canina
Rosa Canina
Rosa L.
Iris germanica
Iris
Victoria
Victoria amazonica
Viola odorata
Viola Odorata
Jasminum officinale
Jasmin
Veronica persica
Véronique de Perse
Veronica
Silvia
Sylvia atricapilla
Vanessa atalanta
Erica arborea
Angelica archangelica
Acer campestre
Quercus ilex L.
Olea europaea
Olivier
Olivier sauvage
Martin-pêcheur
Martin pescatore
Robin
Jay
Margherita
Marguerite
Rosmarino
Lavandula angustifolia Mill.
Lily of the valley
Daisy
Poppy
Alba
Rosa 'Pierre de Ronsard'
Prunus × yedoensis
Taraxacum officinale agg.
Маргаритка
Роза
Явор
Калина
Липа дребнолистна
Rue Pierre Martin
Rue Victor Hugo
Place Jean Jaurès
Avenue Giuseppe Verdi
via Giulia
calle Miguel Hernández
ул. Иван Вазов
Lycée Marie Curie
Marie Curie
IES Clara Campoamor
Parc Jourdan
Jardin Albertas
Saint-Jean
San Lorenzo
Paris
Sofia
Florence
Valencia
North wall
cour nord
patio sur
tree no. 4
Baum 12
plot 3, row 2
12/05/2026
2026-03-01 08:00
3 x 4 cm
approx. 20-25 cm
CO2 (ppm)
SDS011 sensor
micro:bit V2
@ 25 cm
https://www.gbif.org/species/3000000
https://www.inaturalist.org/taxa/47604
instagram.com/explore
ISO 3166
unknown
not sure, perhaps a rose
petit arbre à feuilles rondes
Cedrus deodara 'Aurea'
Bellis perennis
May bug
April
Robinia pseudoacacia
Carduelis carduelis
Passer italiae
Laurier rose
Chêne vert
Cyprès de Provence
Herb Robert
Sweet William
Black-eyed Susan
Queen Anne's lace
Bouncing Bet
St John's wort
Herbe de Saint Jean
Erba di San Giovanni
Hierba de San Juan
Hedera helix
Platanus × hispanica
Tilia cordata
Magnolia grandiflora
Rosa rugosa Thunb.
Lonicera japonica
Malva sylvestris
Erica carnea
Melissa officinalis
Achillea millefolium
Linaria vulgaris
Sophora japonica
Camellia sasanqua
Clematis 'Nelly Moser'
Paul's Scarlet
Pierre calcaire
Romarin
Laurier-sauce
Olivo
Quercia
Tiglio
Pino marittimo
Encina
Jara
Tomillo
Дъб
Бреза
Ива
Ясен
Здравец
Place Saint-Marc
rue de la Paix
Quai Sainte-Marie
Piazza Garibaldi
Via Marina
Corso Umberto
Calle Alcalá
Plaza Santa Ana
бул. Витоша
Mont Sainte-Victoire
cours Mirabeau
Parc Mistral
Kindergarten
Sainsbury's
Lidl
tree 12
P-14
row 3/4
ca. 120 m²
2026/05/12
v1.2.3
n/a
moss (unknown)
grass @ edge
https://example.org/plants/12
Jack-in-the-pulpit
Sweet Alison
Creeping Jenny
Ragged Robin
Busy Lizzie
Bois de Rose
Croix de Saint André
Hop Marjoram
Lady's mantle
Bishop's weed
Good King Henry
Aaron's rod
Solomon's seal
Jacob's ladder
""".strip().splitlines()
#: First names nobody has listed, and one that is a word, beside a surname that is one too.
MISSED = {"Bérénice Caron", "Zhang Wei", "Carmen Vega"}
#: Plants of somebody: a teacher says that they are no person.
FALSE_ALARMS = {"Paul's Scarlet", "Jacob's ladder"}


def found_in(cell: str) -> bool:
    """Whether one such cell among ordinary ones is found."""
    rows = [["Quercus ilex"], [cell], ["Taraxacum officinale"], ["Acer campestre"]]
    return bool(scan_table(["Species"], rows))


def test_people_in_cells_are_found():
    assert {cell for cell in PEOPLE if not found_in(cell)} == MISSED


def test_labels_are_no_people():
    assert {cell for cell in LABELS if found_in(cell)} == FALSE_ALARMS


ROLES = """student pupil teacher boy girl élève professeur professeure enseignant enseignante alunno alunna alliewo
allieva studente studentessa insegnante alumno alumna estudiante profesor profesora ученик ученичка ученичката
ученика учител учителя учителка учителката"""


@pytest.mark.parametrize("role", ROLES.split())
def test_a_person_who_is_called_something_is_found_in_a_cell_whatever_she_is(role: str) -> None:
    """Every form that sentences are searched for is a reason to search a cell."""
    called = "на име" if role[0] > "z" else "nommée" if role.endswith("e") else "called"
    found = list(in_cell(f"{role} {called} Zoubida")) if suspicious(f"{role} {called} Zoubida") else []
    assert bool(found) == bool(list(people(f"{role} {called} Zoubida")))


@pytest.mark.parametrize("label", ["parc de Margaux", "jardin de Nathan", "tree, rue de Nathan"])
def test_a_place_named_after_somebody_is_a_place(label: str) -> None:
    rows = [["Quercus ilex"], [label], ["Taraxacum officinale"], ["Acer campestre"]]
    assert scan_table(["Species"], rows) == []
