"""Write the portal's Solr configset: CKAN's own schema, the spatial fields, and the declared fields of ours.

    python configset.py TARGET_FOLDER

The schema is taken from the installed CKAN, so it is always the one that CKAN version wants.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent

# Published places are areas and cells, none finer than about 100 m: 50 m is exact enough, and quicker to save.
# https://docs.ckan.org/projects/ckanext-spatial: the field of `solr-spatial-field`, with JTS for real polygons.
TYPES = """
    <fieldType name="location_rpt" class="solr.SpatialRecursivePrefixTreeFieldType" spatialContextFactory="JTS"
        autoIndex="true" validationRule="repairBuffer0" distErrPct="0.05" maxDistErr="0.05"
        distanceUnits="kilometers"/>
    <fieldType name="steamcity_period" class="solr.DateRangeField"/>
"""
_LANGUAGE_TYPE = """
    <fieldType name="text_{code}" class="solr.TextField" positionIncrementGap="100">
      <analyzer>
        <tokenizer class="solr.StandardTokenizerFactory"/>
        {elision}
        <filter class="solr.LowerCaseFilterFactory"/>
        {stem}
        <filter class="solr.ASCIIFoldingFilterFactory"/>
      </analyzer>
    </fieldType>
"""
_SNOWBALL = '<filter class="solr.SnowballPorterFilterFactory" language="{}"/>'
_STEMMERS = {
    "en": _SNOWBALL.format("English"),
    "fr": _SNOWBALL.format("French"),
    "it": _SNOWBALL.format("Italian"),
    "es": _SNOWBALL.format("Spanish"),
    "bg": '<filter class="solr.BulgarianStemFilterFactory"/>',
}
_ELISION: dict[str, str] = dict.fromkeys(("fr", "it"), '<filter class="solr.ElisionFilterFactory" ignoreCase="true"/>')

FIELDS = """
    <field name="spatial_geom" type="location_rpt" indexed="true" stored="true" multiValued="true"/>
    <field name="bbox_area" type="pfloat" indexed="true" stored="true"/>
    <field name="minx" type="pfloat" indexed="true" stored="true"/>
    <field name="maxx" type="pfloat" indexed="true" stored="true"/>
    <field name="miny" type="pfloat" indexed="true" stored="true"/>
    <field name="maxy" type="pfloat" indexed="true" stored="true"/>
    <field name="steamcity_protocol" type="string" indexed="true" stored="true"/>
    <field name="steamcity_cluster" type="string" indexed="true" stored="true"/>
    <field name="steamcity_city" type="string" indexed="true" stored="true" multiValued="true"/>
    <field name="steamcity_school_year" type="string" indexed="true" stored="true"/>
    <field name="steamcity_level" type="string" indexed="true" stored="true"/>
    <field name="steamcity_outcomes" type="string" indexed="true" stored="true" multiValued="true"/>
    <field name="steamcity_area" type="string" indexed="true" stored="true" multiValued="true"/>
    <field name="steamcity_cell" type="string" indexed="true" stored="true" multiValued="true"/>
    <field name="steamcity_property" type="string" indexed="true" stored="true" multiValued="true"/>
    <field name="steamcity_period" type="steamcity_period" indexed="true" stored="true"/>
    <field name="steamcity_superseded" type="boolean" indexed="true" stored="true"/>
    <field name="steamcity_synthetic" type="boolean" indexed="true" stored="true"/>
    <field name="steamcity_text" type="text_general" indexed="true" stored="false" multiValued="true"/>
"""
_LANGUAGE_FIELD = (
    '    <field name="text_{code}" type="text_{code}" indexed="true" stored="false" multiValued="true"/>\n'
)
COPIES = '<copyField source="steamcity_text" dest="text"/>\n' + "".join(
    f'<copyField source="text_{code}" dest="text"/>\n' for code in _STEMMERS
)


def schema(ckan_schema: str) -> str:
    """CKAN's schema.xml with our types, fields and copies added. ValueError when it is not the schema we know."""
    for mark in ("</types>", "</fields>", "</schema>"):
        if ckan_schema.count(mark) != 1:
            raise ValueError(f"CKAN's schema.xml has no single {mark}")
    types = TYPES + "".join(
        _LANGUAGE_TYPE.format(code=code, stem=stem, elision=_ELISION.get(code, "")) for code, stem in _STEMMERS.items()
    )
    fields = FIELDS + "".join(_LANGUAGE_FIELD.format(code=code) for code in _STEMMERS)
    # "CO2", "PM10" and "D4" are words, not a word and a number.
    words = ckan_schema.replace(
        'WordDelimiterGraphFilterFactory"', 'WordDelimiterGraphFilterFactory" splitOnNumerics="0"'
    )
    return (
        words.replace("</types>", types + "</types>")
        .replace("</fields>", fields + "</fields>")
        .replace("</schema>", COPIES + "</schema>")
    )


def write(target: Path) -> None:
    """Write the configset's files into `target` (made when missing)."""
    spec = importlib.util.find_spec("ckan")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("CKAN is not installed in this Python.")
    source = Path(spec.submodule_search_locations[0]) / "config" / "solr" / "schema.xml"
    target.mkdir(parents=True, exist_ok=True)
    (target / "schema.xml").write_text(schema(source.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copyfile(HERE / "solrconfig.xml", target / "solrconfig.xml")
    for name in ("protwords.txt", "synonyms.txt"):
        (target / name).touch()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
