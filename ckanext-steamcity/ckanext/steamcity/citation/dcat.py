"""DCAT of a version, from its frozen record: an RDF profile of ckanext-dcat, used after its own `euro_dcat_ap_3`.

The names it gives are those of the moment of freezing; the place is the published one and never a finer one.
"""

from __future__ import annotations

import datetime
from typing import Any

from ckan.model import Session
from ckanext.dcat.profiles import RDFProfile
from rdflib import RDF, BNode, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDFS, SKOS, XSD

from . import formats, jsonld, outbox, tombstone
from .model import Version

GEO = Namespace("http://www.opengis.net/ont/geosparql#")
SPDX = Namespace("http://spdx.org/rdf/terms#")


class SteamcityProfile(RDFProfile):
    """What the record knows and CKAN's fields do not say."""

    def graph_from_dataset(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> None:
        version = Session.get(Version, dataset_dict.get("id"))
        if version is None or version.withdrawn:
            return
        self.g.bind("geo", GEO)
        self.g.bind("spdx", SPDX)
        self._about(version, dataset_ref)
        self._where_and_when(version.record, dataset_ref)
        self._files(version.record, dataset_ref)

    def _about(self, version: Version, ref: URIRef) -> None:
        work = tombstone.work_of(version)
        self._titles(version.record, ref)
        if work.synthetic:
            self._generated(ref)
        self._only(ref, DCTERMS.identifier, Literal(version.identifier))
        self._only(ref, DCAT.version, Literal(work.version))
        self._only(ref, DCTERMS.issued, Literal(work.day, datatype=XSD.date))
        self.g.add((ref, FOAF.page, URIRef(work.url)))
        self.g.add((ref, DCAT.landingPage, URIRef(work.url)))
        self.g.add((ref, DCTERMS.isVersionOf, URIRef(outbox.address(version.concept_identifier))))
        if earlier := next((v for v in Version.of_concept(version.concept) if v.n < version.n), None):
            self.g.add((ref, DCAT.previousVersion, URIRef(outbox.address(earlier.identifier))))
        if work.licence.startswith("http"):
            self._only(ref, DCTERMS.license, URIRef(work.licence))
        self.g.remove((ref, DCTERMS.creator, None))
        for creator in version.record["creators"]:
            agent = BNode()
            self.g.add((ref, DCTERMS.creator, agent))
            self.g.add((agent, RDF.type, FOAF.Agent))
            self.g.add((agent, RDF.type, FOAF.Organization))
            self.g.add((agent, FOAF.name, Literal(creator["name"])))
        for source in version.record["sources"]:
            if source["url"]:
                self.g.add((ref, PROV.wasDerivedFrom, URIRef(source["url"])))

    def _titles(self, record: dict[str, Any], ref: URIRef) -> None:
        """The title in the language of the class, and in those it was translated into."""
        said = record["finding"] if record["finding"]["text"] else record["title"]
        titles = {**said["translated"], record["language"]: said["text"]}
        self.g.remove((ref, DCTERMS.title, None))
        for language, text in titles.items():
            if text:
                self.g.add((ref, DCTERMS.title, Literal(" ".join(text.split()), lang=language)))

    def _generated(self, ref: URIRef) -> None:
        """Nobody measured these data: said as a keyword, which catalogues show, and as provenance."""
        provenance = BNode()
        self.g.add((ref, DCTERMS.provenance, provenance))
        self.g.add((provenance, RDF.type, DCTERMS.ProvenanceStatement))
        for language, words in formats.GENERATED.items():
            self.g.add((ref, DCAT.keyword, Literal(words, lang=language)))
            self.g.add((provenance, RDFS.label, Literal(words, lang=language)))

    def _where_and_when(self, record: dict[str, Any], ref: URIRef) -> None:
        period = record["period"]
        if period["start"]:
            time = BNode()
            self._only(ref, DCTERMS.temporal, time)
            self.g.add((time, RDF.type, DCTERMS.PeriodOfTime))
            self.g.add((time, DCAT.startDate, _day(period["start"])))
            self.g.add((time, DCAT.endDate, _day(period["end"] or period["start"])))
        place = record["place"]
        if not place:
            return
        where = BNode()
        self._only(ref, DCTERMS.spatial, where)
        self.g.add((where, RDF.type, DCTERMS.Location))
        for language, name in (place["name"] or {}).items():
            self.g.add((where, SKOS.prefLabel, Literal(name, lang=language)))
        edges = jsonld.box(place["geometry"]) if place["geometry"] else None
        if edges:
            west, south, east, north = edges
            ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
            self.g.add((where, DCAT.bbox, Literal(f"POLYGON(({ring}))", datatype=GEO.wktLiteral)))
        if place["centre"]:
            longitude, latitude = place["centre"]
            self.g.add((where, DCAT.centroid, Literal(f"POINT({longitude} {latitude})", datatype=GEO.wktLiteral)))

    def _files(self, record: dict[str, Any], ref: URIRef) -> None:
        known = {file["id"]: file for file in record["files"]}
        licence = (record["licence"] or {}).get("url")
        for distribution in list(self.g.objects(ref, DCAT.distribution)):
            file = next((file for key, file in known.items() if key in str(distribution)), None)
            if file is None:
                continue
            checksum = BNode()
            self._only(distribution, SPDX.checksum, checksum)
            self.g.add((checksum, RDF.type, SPDX.Checksum))
            self.g.add((checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
            self.g.add((checksum, SPDX.checksumValue, Literal(file["sha256"], datatype=XSD.hexBinary)))
            if licence:
                self._only(distribution, DCTERMS.license, URIRef(licence))

    def _only(self, subject: Any, predicate: Any, value: Any) -> None:
        """This value and no other: CKAN's own guess goes."""
        self.g.remove((subject, predicate, None))
        self.g.add((subject, predicate, value))


def _day(value: str) -> Literal:
    return Literal(datetime.date.fromisoformat(value[:10]), datatype=XSD.date)


__all__ = ["SteamcityProfile"]
