"""How much of what people write is found: sentences with names of five countries in many forms, and without any."""

from __future__ import annotations

from ckanext.steamcity.privacy import scan_text

WITH_A_NAME = """
Marie Dupont measured the noise
mesuré par Lucas Martin et Chloé Bernard
groupe de Léa et Hugo
Élève : Théo
by Emma and Louis
Prof. Garcia and Inès
Thanks to Yasmine B. and Adam K.
misurato da Giulia Rossi
gli alunni Marco, Luca e Chiara
hanno misurato Alessia e Matteo
di Francesca Esposito
medido por Lucía Fernández
los alumnos Pablo, Hugo y Martina
Alumna: Carmen Ruiz
por Álvaro G. y Nerea S.
измерено от Иван Петров
ученици: Мария, Георги и Десислава
от Калина Иванова
Ученик: Стоян Димитров
measured by john smith
group of sarah, tom and ella
par julien et manon
da giulia e marco
por lucia y pablo
Jan Peeters (3B)
de leerlingen Lotte, Bram en Thijs
gemeten door Femke Janssens
DUPONT Marie
MARTIN, Lucas
name: Aylin Yılmaz
Mohamed El Amrani noted the values
Contact: sophie.bernard@example.org
student Oliver Brown
Emma's sensor stood outside
Le capteur de Nathan
Emma a mesuré le CO2 chaque matin.
Nathan a cassé le capteur mardi
Hier, Chloé et le groupe ont déplacé la station
On a demandé à Camille de noter
Matthew moved the sensor
Giulia ha spostato il sensore
Hemos esperado a Nerea
Иван премести сензора
Le tableau est de E. Martin
noted by G. Rossi
бележки: И. Петров
Léa opened the window.
Chloé a ouvert la fenêtre.
It was too warm. Tom noticed it.
Léo pense que le CO2 monte.
Marco ha misurato il rumore.
Carmen abrió la ventana.
Ива измери шума
bilan : Dupont E.
Łukasz measured the noise
Ștefania a compté les voitures
Jean-Pierre a mesuré le bruit.
Anne-Sophie était là
Léa a noté les heures
Tom counted the cars
Chiara ha letto il termometro
Клара и Виктор измери шума
Sam took the photo
Simón midió el ruido
A scuola Emma ha misurato il rumore
Au parc Nathan a compté les arbres
In via Toledo Giulia ha contato le auto
On King Street Emma counted the cars
En la calle Alcalá Lucía midió el ruido
В парка Огнян преброи дърветата
emma a mesuré le bruit
Le tableau a été rempli par Fatoumata
Wassim était malade
Eilidh was ill on Tuesday
Айше записа часовете
Ayer Xiomara rompió el sensor
"""
WITHOUT = """
Alba a las ocho de la mañana
Leo un libro cada tarde
Clara y sencilla fue la respuesta
Jade a une couleur verte
Sofia measured the noise in 20 schools
Paris a mesuré l'air
Place de la République, Aix-en-Provence
rue Victor Hugo
avenue Jean Jaurès
Lycée Paul Cézanne
IES Clara Campoamor
Scuola Leonardo da Vinci
calle Miguel Hernández
via Giuseppe Garibaldi
улица Васил Левски
училище Христо Ботев
площад Александър Невски
Marie Curie invented the word radioactivity
SDS011 particle sensor
Arduino Uno with a BME280
micro:bit V2
the noise in March and April
in May and June it was warm
Aix, Marseille and Napoli
Madrid, Barcelona y Sofia
The values fell after the rain
Mistral wind from the north
San Lorenzo market
Boulevard Saint-Michel
quartier Saint-Jean
parc Maria Luisa
the Rose Garden
a grace period of ten minutes
the bus 12 to Place Jeanne d’Arc
We counted 12 cars and 3 bicycles
Nous avons mesuré le CO2 dans la classe
Abbiamo misurato il rumore in piazza
Medimos la temperatura en el patio
Измерихме шума на улицата
Hypothesis: the air is better at night
PM2.5 and PM10 together
Sarà più caldo la sera
La Niña y El Niño
Pierre calcaire au sol, asphalte ailleurs
de 12 Jan à 14 Jan, Sam 14h et Mar 15h
Rose was the colour of the sky
salle Emma Goldman, statue de Jean Jaurès
plan B. Martin-pêcheur vu au parc
Classe A. Rossignol au jardin
L'hôpital Robert Debré est une zone calme
Musée Victor Hugo, stade Robert Pirès
Lo stadio Diego Armando Maradona era pieno
Храм Александър Невски е до нас
King George V Park and Big Ben
James Watt gave the watt its name
Sofia measured more than Paris, April saw less rain
Corso A. Genova, P. Padova
"""
#: Names that are months or pronouns too, written alone or small: a person has to look.
KNOWN_TO_BE_MISSED = {"group of sarah, tom and ella", "Jan Peeters (3B)"}


def lines(text):
    return text.strip().splitlines()


def test_nearly_every_name_is_found():
    missed = {line for line in lines(WITH_A_NAME) if not scan_text(line, "notes")}
    assert missed <= KNOWN_TO_BE_MISSED


def test_streets_schools_months_and_things_are_not_taken_for_people():
    assert [line for line in lines(WITHOUT) if scan_text(line, "notes")] == []
