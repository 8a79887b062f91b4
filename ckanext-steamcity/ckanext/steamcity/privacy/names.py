"""Common first names and words around people, in the five languages. Data for this package only.

The names are ordinary ones from everyday life, written down for this project without a source file: no register was
copied. A list can never be complete: it is one sign among others.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Capital letters of the alphabets people here write their names in: "Łukasz", "Ștefan".
CAPITALS = "A-ZÀ-ÖØ-Þ" + "".join(chr(c) for c in range(0x100, 0x250) if chr(c).isupper()) + "Ѐ-Я"

LONGEST_WORD = 40  # no name or phrase has a longer one


def fold(text: str) -> str:
    """Lower case without accents, so that *Élève* and *eleve* are one word."""
    # Words come again and again. What is longer is somebody's text, and is not kept.
    return _fold_word(text) if len(text) <= LONGEST_WORD else _folded(text)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_fold_word = lru_cache(maxsize=50_000)(_folded)


def words_of(text: str) -> frozenset[str]:
    """Fold every word of a text."""
    return frozenset(fold(word) for word in text.split())


_FIRST_NAMES = """
Adam Adrien Aïcha Alexandre Alice Amélie Amine Anaïs André Antoine Arthur Aurélie Axel Baptiste Bastien Camille
Caroline Cécile Céline
Charlotte Chloé Clara Clémence Clément Corentin Damien David Elias Élise Éloïse Émilie Emma Enzo Éric Étienne
Eva Fatima Florian François
Françoise Gabriel Gaspard Guillaume Hélène Hugo Inès Isabelle Jacques Jade Jean Jeanne Jérôme Jules Julie Julien
Juliette Karim Laura
Léa Léo Léon Lina Lola Louis Louise Lucas Lucie Lucien Manon Marc Margaux Marie Mathieu Mathilde Mathis Maxime
Mehdi Mélanie Mila Mohamed
Nathalie Nathan Nicolas Noah Noé Noémie Océane Olivier Pascal Patrick Paul Pauline Philippe Pierre Quentin
Raphaël Romain Sabrina Samir
Samuel Sandrine Sarah Sébastien Simon Sophie Stéphane Sylvie Théo Thibault Thierry Thomas Timéo Tom Valentin
Valérie Véronique Victor
Vincent Yanis Yasmine Youssef Yves Zoé
Jan Pieter Lotte Femke Wout Jef Bram Thijs Sander Anneke Lieve Joris
Alessandro Alessandra Alessia Andrea Angela Anna Antonio Arianna Aurora Beatrice Bianca Carlo Carmela Carmine
Chiara Ciro Cristina Daniele
Davide Domenico Edoardo Elena Elisa Emanuele Enrico Fabio Federica Federico Filippo Francesca Francesco Gaetano
Gaia Gennaro Giacomo
Giada Gianluca Giorgia Giovanni Giulia Giuseppe Greta Ilaria Leonardo Lorenzo Luca Lucia Ludovica Luigi Marco
Maria Martina Matteo Mattia
Michele Nicolò Paola Paolo Pasquale Pietro Raffaele Riccardo Roberta Roberto Salvatore Sara Serena Silvia Simone
Stefano Tommaso Valentina
Vincenzo Vittoria
Adrián Alba Alejandra Alejandro Álvaro Ana Andrés Ángel Beatriz Carlos Carmen Claudia Daniel Daniela Diego
Eduardo Elvira Fernando
Francisco Gonzalo Guillermo Hector Ignacio Irene Iván Javier Jesús Jorge José Josefa Juan Julia Laia Leire Lidia
Lucía Luis Manuel
Marcos Mario Marta Martín Mateo Miguel Mónica Natalia Nerea Nuria Óscar Pablo Paula Pedro Pilar Rafael Raquel
Raúl Ricardo Rocío Rodrigo
Rubén Sergio Teresa Tomás Vega Verónica Ximena
Agnes Alan Amelia Amy Andrew Ben Benjamin Charlie Chloe Christopher Daisy Edward Ella Ellie Emily Ethan Evie
Freya George Grace Hannah
Harriet Harry Henry Isabella Isla Jack Jacob James Jane Jasper Jessica John Joshua Kate Kevin Leo Lewis Liam
Lily Lucy Matthew Megan
Mia Michael Millie Mohammed Molly Oliver Olivia Oscar Peter Poppy Rebecca Robert Ruby Ryan Sam Sean Sophia
Stephen Susan Thea William
Alexander Maya Nina Kalina Ivan Georgi Dimitar Petar Nikolay Hristo Stoyan Todor Vasil Boyan Kiril Rositsa
Desislava Gergana Tsvetelina
Ralitsa Mihail Plamen Yordan Vesela Elitsa Zornitsa Kaloyan Borislav Teodora Ivaylo
Aylin Amina Ahmed Ali Omar Mustafa Ayşe Fatou Aminata Ibrahim Bilal Hamza Khadija Leïla Nour Rayan Sofiane Imane
Salma Zineb Rania Abdullah Hassan Hussein Malik Amir Younes Ilyes Ismaël Moussa Oumar Mariam Nadia Farah Dounia
Safia Assia Walid Nassim Adama Awa Kadiatou Mamadou Kofi Mei Jing Linh Minh Priya Arjun Oksana Olena Dmytro
Andriy Kateryna Agnieszka Zofia Kacper Szymon Bartosz Łukasz Mihai Ioana Andreea Ștefan Bogdan Radu Elif Emre
Yusuf Zeynep Berat Defne
Manuela Ainhoa Aitor Iker Unai Jordi Oriol Montserrat Arnau Biel Xavier Vicente Inmaculada Amparo Antonella Gianni
Luigia Assunta Immacolata Nunzia Concetta Rosaria Mariarosaria Noemi Diletta Samuele Gabriele Christian Kristian
Jolien Jelle Wouter Stijn Maarten Robbe Senne Fien Noor Marthe Elien
Александра Велислав Веселин Галина Евгени Златка Ивана Катерина Красимир Красимира Лъчезар Мартина Милена Момчил
Наталия Радослав Светлана Силвия Станислав Таня Цветан Христина
Александър Ангел Анна Антон Атанас Божидар Борис Борислав Боян Валентин Валентина Васил Венцислав Весела Виктор
Владимир Габриела Георги
Гергана Даниел Даниела Десислава Деян Димитър Елена Елица Емил Живко Зорница Иван Ивайло Иванка Ива Илия Йоана
Йордан Калоян Камен
Кирил Кристиян Лилия Любомир Магдалена Мария Марина Мартин Михаил Мила Мирослав Надежда Никола Николай Огнян
Павел Петър Петя Пламен
Радостина Ралица Росица Светослав Симеон Симона Стефан Стефания Стоян Теодор Теодора Тодор Цветелина Християн
Христо Юлия Явор Яна
Fatoumata Aïssatou Ibrahima Ousmane Rayane Djibril Kylian Mélissa Lilou Maëlys Inaya Louna Thiago Tiago Amandine Binta
Wassim Soumaya Yassine Adèle Aliou Anouk Apolline Augustin Aya Ayoub Aymen Bachir Boubacar Brahim Bryan Brayan Cléa
Coralie Cyril Demba Dorian Édouard Élodie Éliott Esteban Estelle Evan Fabien Fanny Félix Florent Grégoire Hafsa Haroun
Héloïse Houda Idriss Ilian Ilyas Imran Ismail Issa Issam Jamila Jawad Jérémy Jérémie Joachim Johan Jonas Jonathan
Joseph Joséphine Justine Kamel Kenza Killian Lamine Laurine Layla Lenny Lilia Lisa Loane Loïc Loris Louane Luana
Ludovic Lyna Maël Maëlle Maéva Magali Marion Marius Marwa Maryam Matéo Mathéo Mathys Mattéo Matthias Mathias Maud
Mélina Meriem Mickaël Morgane Mounir Myriam Naël Naïm Naomi Nassima Nawel Nesrine Nolan Nolwenn Ophélie Othman Perrine
Rachid Rachel Raphaëlle Rémi Rémy Réda Rita Romy Roxane Sacha Safa Saïd Salim Salimata Samia Samira Sandra Selim Selma
Sirine Sofian Solène Soraya Suzanne Sylvain Tanguy Tatiana Tidiane Timothée Titouan Tristan Vanessa Virginie Wael
Willem Yacine Yaël Yann Yasmina Youcef Zakaria Zayd Zayn Ziad Zohra
Alberto Alfredo Annalisa Camilla Caterina Cecilia Claudio Dario Debora Eleonora Ernesto Ettore Eugenio
Fabrizio Flavia Flavio Gabriella Giancarlo Gianmarco Giulio Graziella Jacopo Lara Letizia Loredana Luciano Luciana
Maddalena Marcello Mariangela Marika Massimiliano Massimo Matilde Maurizio Michela Miriam Mirko Monica Nicola
Niccolò Ornella Ottavia Patrizia Piero Raffaella Rocco
Simona Sonia Stefania Susanna Tiziana Umberto Valerio Vittorio Viviana
Adriana Agustín Alicia Ángela Arturo Berta Camila Carla Carlota Carolina Celia César Cristian
Cristóbal Diana Elsa Emilio Enrique Esther Felipe Fernanda Gael Gerardo
Héctor Jaime Jimena Joaquín Joel Leandro Lorena Marcela Marcelo
Mariana Mauricio Micaela Nayara Noelia Olga Patricia Ramón Rebeca Renata Rosalía Sebastián Susana Tamara Valeria
Xiomara Yago Yeray Yolanda Zaira
Aidan Alasdair Alistair Archie Ava Bethany Bradley Caitlin Callum Calum Cameron Catriona Claire Connor Darren Declan
Derek Duncan Dylan Eilidh Eleanor Elizabeth Elliot Erin Euan Ewan Fergus Finlay Finn Fiona Gareth Gavin Gillian Gregor
Hamish Hayley Iain Imogen Isobel Jake Jamie Jason Jennifer Jenny Jodie Joe Josh Katie Kayleigh Keira Keith Kenneth
Kieran Kirsty Kyle Lachlan Lauren Leah Lorna Lottie Luke Mairi Malcolm Margaret Martha Maisie Morag Neil Niamh Niall
Nicole Nigel Orla Owen Phoebe Reece Rhys Rory Rosie Samantha Siobhan Tara Theo Toby Tyler Zachary
Aarav Aisha Ananya Anjali Aryan Deepa Dhruv Hamid Harpreet Ishaan Kabir Kavya Lakshmi Manpreet Meera Muhammad Neha
Nikhil Pooja Rahul Rajesh Ravi Riya Rohan Rohit Sanjay Shreya Simran Sunita Tariq Usman Vikram Zainab Zahra Yuki
Aleksander Aleksandra Anastasia Anastasiia Artem Bohdan Danylo Daria Dawid Dorota Ewa Filip Grzegorz Hanna Ihor Iryna
Iwona Jakub Joanna Kamil Karolina Katarzyna Krzysztof Ksenia Ludmila Maciej Magda Małgorzata Marek Maksym Mateusz Mykola
Nadiia Nikita Nikola Oleh Oleksandr Oleksii Olha Paweł Piotr Sofiia Svitlana Taras Tetiana Tomasz Viktoriia Volodymyr
Wiktoria Wojciech Yana Yaroslav Yevhen Yulia Zuzanna Adrian Alexandru Alina Andrei Ciprian Constantin Dragoș Gheorghe
Iulia Ionuț Laurențiu Liviu Mădălina Răzvan Roxana Ruxandra Sorin Ștefania Vasile Vlad
Bart Daan Dries Eline Emiel Hanne Hendrik Ilse Jasmijn Jens Joost Kasper Koen Lars Lise Niels Noa Ruben Sanne Seppe
Sofie Sven Tess Tim Tuur Viktor Yara
Ahmet Ayla Burak Cem Deniz Ebru Eda Enes Esra Fatma Hakan Hatice Hüseyin İbrahim Kerem Mehmet Melike Merve Murat Nazlı
Ömer Oğuz Selin Serkan Sibel Sinem Tolga Tuğba Umut Zehra
Айше Асен Аспарух Ахмед Биляна Борил Боряна Валери Ванеса Велизар Веселина Виолета Денис Денислав Десислав Диана
Димитрина Дияна Евелина Екатерина Елеонора Емануил Емилия Емине Емре Жаклин Желязко Здравко Златин Ибрахим Ивелин
Ивелина Илиян Илияна Ирена Ирина Йордана Кадир Катя Константин Кубрат Лора Людмил Людмила Мариана Мариела Мехмет Мирела
Мустафа Натали Нели Осман Петко Петрана Пламена Радка Радослава Радостин Румяна Сашо Снежана Стела Стефка Стилян
Тихомир Фатме Хасан Хюсеин Цветана Цветелин Юлиан Юлиана Юсуф
"""

# First names that are also a place, a plant, a month, a virtue or a plain word: too weak to count by themselves.
_AMBIGUOUS = """
Sofia Sofía София Florence Paris Victoria Viktoria Виктория Valencia Roma Milan Vienna Chelsea Brooklyn Lorraine
France Asia Kenya Rose Rosa
Роза Iris Ирис Jasmine Jasmin Violette Viola Violeta Виолетка Marguerite Margherita Daisy Lily Poppy Olive Oliva
Prune Cerise Flore Flora
Ruby Grace Hope Faith Joy Robin Jay Avril Aprile April May June Avril Mai Mars Augusto Angel Ángel Ангел Надежда
Pilar Rocío Vega Alba
Aurora Mila Gaia Tom Marc Victor Виктор Amine Jan Sam Ben Greta Mario Marina Марина Яна Ива Лилия Camille Chloe
Vesela Весела Камен Явор
Pascal Ampère Celsius Kelvin Mars Victoire Vittoria Leo Leon Noe Ella Bianca Amelia Carmen Ruby Jack Iris Axel
Clement Clémence Senne
Anne Anis Nil Pau Gemma Esperanza Dolores Rosario Azzurra Amber Калина Невена Преслав Румен Ясен
"""

# First names that are words when they are written small: "clara y sencilla", "pierre", "martin-pêcheur", "la niña".
_SMALL_WORDS = """
clara chiara serena bianca alba carmine olivier pierre romain martin martín marcos marco sean harry jean jade leo
mia isla lieve maya jasper nina franco pasquale jules pia léa kate
зорница елица огнян християн явор мила ива
ali assunta christian berat adama noor vicente
"""
# Words before a name in which somebody says who did it.
BY_WORDS = words_of("by par da por от с with avec con selon dit says said secondo dice dicono según каза според")

FIRST_NAMES = words_of(_FIRST_NAMES)
# Words that only an accent tells from a name: "Sarà più caldo" speaks of no Sara.
ACCENTED_WORDS = frozenset(["sarà", "niña", "marié"])
AMBIGUOUS = words_of(_AMBIGUOUS)
ALL_NAMES = FIRST_NAMES | AMBIGUOUS
SMALL_WORDS = AMBIGUOUS | words_of(_SMALL_WORDS)

# In a cell of a table a name stands without a sentence around it. First names that are also the name of a plant, a bird
# or a stone count there only with a surname that is known: "Veronica persica", "Olivier", "Martin-pêcheur".
CELL_WORDS = SMALL_WORDS | words_of(
    "veronica véronique вероника silvia erica melissa vanessa flavia angelica emilia lotte marguerite"
)
# Of the first names that are weak in a sentence, those that name a person once a second capital letter follows.
PAIRED = words_of("""
Anne Camille Chloé Clément Clémence Mario Marc Victor Tom Sam Ben Greta Noé Léo Léon Amelia Axel Jan Mila Gaia Amine
Ella Marcos Marco Clara Chiara Sean Harry Jean Mia Maya Nina Léa Kate Jules Ива Яна
""")
# … and those that name a person in the middle of a sentence: at its beginning every word has a capital letter.
AMIDST = PAIRED | words_of(
    "Pierre Olivier Martin Martín Serena Jade Ali Christian Vicente Pasquale Огнян Елица Зорница"
)
# Cities, countries, months and units: whatever they do, they are nobody.
NOBODY = words_of("""
Sofia Sofía София Florence Paris Valencia Roma Milan Vienna Chelsea Brooklyn Lorraine France Asia Kenya Mars
Avril Aprile April May June Mai Ampère Celsius Kelvin Pascal Hope Faith Joy Romain Nil Надежда
""")
# Common surnames that are no plain words or places. They alone never count: only beside a first name.
SURNAMES = words_of("""
Bernard Dubois Durand Dupont Dupond Lefebvre Lefèvre Girard Mercier Lambert Rousseau Garnier Faure Morel Gautier Perrin
Dumont Duval Vasseur Moreau Laurent Simon Michel Robert Richard Fournier Bertrand Roussel Chevalier Gauthier Martin
Benali Haddad Diallo Traoré Nguyen Yılmaz Kaya Demir Amrani
Peeters Janssens Maes Jacobs Willems Claes Goossens Wouters Mertens
Rossi Russo Ferrari Esposito Bianchi Romano Ricci Greco Bruno Giordano Mancini Rizzo Lombardi Moretti Barbieri Santoro
Mariani Rinaldi Caruso Galli Martini Martinelli Coppola Colombo Conti Marchetti
García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Jiménez Ruiz Hernández Díaz Muñoz Álvarez Alonso
Gutiérrez Domínguez Vázquez Ramírez Suárez Ortega Ortiz Sanz Núñez Garrido
Smith Jones Taylor Williams Davies Evans Wilson Johnson Roberts Thompson Murphy Kelly Walsh
""")

_CITIES = words_of("Genova Padova Mantova")
_BULGARIAN = re.compile(r"[а-я]{2,20}(?:ов|ев|ова|ева|ски|ска)")
_SLAVIC = re.compile(r"[a-z]{3,20}(?:ov|ev|ova|eva|enko)")


def is_surname(word: str) -> bool:
    """Whether a word is a surname that is listed, or has the ending of one."""
    folded = fold(word)
    ending = _BULGARIAN.fullmatch(folded) or _SLAVIC.fullmatch(folded)
    return folded in SURNAMES or (bool(ending) and folded not in _CITIES)


# Between such a word and the name.
PARTICLES = words_of("de du des la le les d l del della dei di da van der den el los las на of the")
# Words before a person's name that make it the name of a street, a school or a thing.
PLACE_WORDS = words_of("""
rue avenue boulevard cours place quai allée chemin impasse square pont parc jardin gare métro station arrêt
lycée collège école université ies ceip athénée collegio
institut stade saint sainte st ste quartier marché fontaine
street road park school bridge college university saint lake mount general marshal captain room building hall theatre
library statue
commandant maréchal général colonel amiral abbé salle bâtiment théâtre bibliothèque médiathèque gymnase résidence
generale maresciallo sala aula edificio palazzo teatro biblioteca palestra statua auditorium
edificio polideportivo gimnasio estatua auditorio
hôpital hospital ospedale болница crèche esplanade stadio estadio stadium стадион musée museo museum музей hôtel hotel
église church chiesa iglesia храм църква fondation fondazione fundación campus king queen roi reine rey reina цар
генерал полковник капитан зала сграда театър библиотека паметник
via viale piazza corso largo vico scuola liceo istituto parco stazione ponte museo san santa santo sant
calle plaza paseo avenida parque colegio instituto escuela estación puente barrio universidad
ул улица бул булевард площад парк училище гимназия гара мост квартал университет свети света св
""")

# Words that, in a header, say whose value it is.
ROLE_SINGULAR = words_of("""
student pupil child kid teacher professor parent guardian tutor boy girl volunteer interviewee interviewer
élève étudiant étudiante enfant professeur prof enseignant enseignante garçon fille bénévole enquêteur
studente studentessa alunno alunna allievo allieva bambino bambina insegnante docente professore professoressa
genitore maestra
alumno alumna estudiante niño niña profesor profesora padre madre
ученик ученичка студент студентка дете учител учителка родител момче момиче преподавател
""")
ROLE_PLURAL = words_of("""
students pupils children kids teachers parents authors
élèves étudiants enfants professeurs enseignants auteurs
studenti alunni allievi bambini insegnanti docenti genitori autori
alumnos alumnas estudiantes niños profesores padres autores
ученици студенти деца учители родители автори
""")
# Words that mean a person's name and nothing else.
NAME_STRONG = words_of("""
firstname surname lastname forename fullname nickname prénom prénoms patronyme cognome cognomi nominativo
apellido apellidos
фамилия фамилно презиме собствено
""")
# Words that mean a person's name when nothing in the header says of what.
NAME_WEAK = words_of("""
name names nom noms nome nomi nombre nombres име имена author auteur autore autor автор
""")
# Words that may stand beside a name word without making it the name of a thing.
NAME_COMPANIONS = words_of("""
first last family given full middle de famille complet usuel et and e y и completo propio di del della de la le
the of l d of du des
your your my ton votre mon il tuo tu su вашето твоето пълно лично group groupe gruppo grupo
""") - {"group", "groupe", "gruppo", "grupo"}
ID_WORDS = words_of("""
id ids code n no nr num numero number numéro identifiant identifier identificativo código codice номер код
""")
# First words that ask for a count: "number of students", "nombre d'élèves", "брой ученици".
COUNT_FIRST = words_of("""
count number total nb nbr nbre nombre how n effectif numero quanti quante combien cantidad cuantos número брой общо
""")
ACCOUNT_WORDS = words_of("""
username login pseudo pseudonyme instagram tiktok snapchat facebook whatsapp discord usuario utente потребител
""")
AGE_WORDS = words_of("age ages âge edad edades età възраст")
PHONE_WORDS = words_of("""
phone telephone tel mobile gsm cellphone portable téléphone telefono cellulare teléfono móvil telefon телефон
мобилен
""")
EMAIL_WORDS = words_of("email mail courriel mél correo имейл поща")
PLATE_WORDS = words_of("""
plate plates plaque plaques immatriculation targa targhe matrícula matrículas табела регистрационен рег
""")
LATITUDE_WORDS = words_of("lat latitude latitud latitudine ширина широчина")
LONGITUDE_WORDS = words_of("lon lng long longitude longitud longitudine дължина")
ADDRESS_WORDS = words_of("address addresses adresse adresses indirizzo indirizzi dirección direcciones адрес адреси")
DEVICE_WORDS = words_of("""
ip mac i2c device sensor sensore capteur sonde station stazione estación serial série serie seriale logger registrar
url web сензор датчик станция сериен bluetooth eui deveui
""")
BIRTH_PHRASES = tuple(
    fold(phrase)
    for phrase in """
date of birth,birth date,birthdate,birthday,dob,year of birth
date de naissance,naissance,anniversaire,né le,née le,année de naissance
data di nascita,nascita,compleanno,anno di nascita
fecha de nacimiento,nacimiento,cumpleaños,año de nacimiento
дата на раждане,рождена дата,рожден ден,година на раждане
""".strip()
    .replace("\n", ",")
    .split(",")
)
