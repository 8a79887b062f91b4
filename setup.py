"""Join the three source roots into one distribution; everything else is in pyproject.toml."""

from setuptools import find_packages, setup

ROOTS = {
    "ckanext.steamcity": "ckanext-steamcity/ckanext/steamcity",
    "ckanext.steamcity.harvesters": "harvesters",
    "ckanext.steamcity.schemas": "schemas",
}

DATA = [
    "**/*.yaml",
    "**/*.json",
    "**/*.html",
    "**/*.xml",
    "**/*.txt",
    "**/*.sql",
    "migration/**/*",
    "assets/**/*",
    "public/**/*",
    "i18n/**/*",
]

setup(
    package_dir=ROOTS,
    packages=[
        name for root, folder in ROOTS.items() for name in (root, *(f"{root}.{sub}" for sub in find_packages(folder)))
    ],
    package_data={"": DATA},
    include_package_data=False,
)
