"""Types of sensors by name (pure).

A source's "type" is free text, and people write names into it ("Jeanne2"); so only what is in this list is kept, called
as it is here. Compared without case, spaces and signs.
"""

from __future__ import annotations

import re

UNKNOWN = "unknown"

_NAMES = (
    # particles
    "SDS011", "SDS018", "SDS021", "SDS198", "PMS1003", "PMS3003", "PMS5003", "PMS5003ST", "PMS6003", "PMS7003",
    "PMSA003", "PMSA003I", "SPS30", "HPM", "HPMA115S0", "NEXTPM", "IPS-7100", "PPD42NS", "GP2Y1010AU0F", "GP2Y1014AU0F",
    "SEN44", "SEN50", "SEN54", "SEN55", "SEN66",
    # climate
    "DHT11", "DHT12", "DHT20", "DHT21", "DHT22", "AM2301", "AM2302", "AM2315", "AM2320", "AHT10", "AHT20", "AHT21",
    "BME280", "BME680", "BME688", "BMP085", "BMP180", "BMP280", "BMP388", "BMP390", "DPS310", "DPS368", "LPS22HB",
    "LPS25HB", "MS5611", "MPL3115A2", "HDC1000", "HDC1008", "HDC1010", "HDC1050", "HDC1080", "HDC2010", "HDC2080",
    "HTU21D", "SI7021", "SHT10", "SHT11", "SHT15", "SHT20", "SHT21", "SHT30", "SHT31", "SHT35", "SHT40", "SHT41",
    "SHT45", "SHT75", "SHT85", "SHTC3", "DS18B20", "DS18S20", "LM35", "LM75", "TMP36", "TMP102", "TMP117", "MCP9808",
    "MLX90614", "MLX90640", "PT100", "PT1000", "MAX31855", "MAX31865",
    # light, ultraviolet
    "TSL2561", "TSL2591", "TSL4531", "TSL45315", "BH1750", "BH1750FVI", "VEML6070", "VEML6075", "VEML7700", "LTR-303",
    "LTR-308", "LTR-329", "LTR-390", "MAX44009", "OPT3001", "SI1145", "GUVA-S12SD", "AS7262", "AS7265X",
    # gases
    "SCD30", "SCD40", "SCD41", "MH-Z14", "MH-Z14A", "MH-Z16", "MH-Z19", "MH-Z19B", "MH-Z19C", "SENSEAIR S8",
    "S8", "K30",
    "CCS811", "SGP30", "SGP40", "SGP41", "ENS160", "ENS161", "MICS-4514", "MICS-2714", "MICS-6814", "MQ-2", "MQ-7",
    "MQ-9", "MQ-131", "MQ-135", "CJMCU-6814", "NO2-B43F", "OX-B431", "CO-B4", "DGS-NO2", "DGS-O3",
    # sound
    "SB-041", "SB-011", "SB-021", "SB-031", "LM386", "INMP441", "ICS-43434", "SPH0645", "MAX4466", "MAX9814", "SEN0232",
    "LAERM", "DNMS", "SOUNDLEVELMETER",
    # soil and water
    "SMT50", "SMT100", "HX711", "CSMS V1.2", "EC-5", "SEN0193", "SEN0114", "FC-28", "JSN-SR04T", "HC-SR04", "MB7389",
    "SEN0161", "SEN0189", "SEN0244",
    # wind, rain, radiation, movement, distance
    "RG-11", "RG15", "WH-SP-RG", "WH-SP-WS01", "WH-SP-WD", "DAVIS 6410", "DAVIS 6450", "WS2300", "SBM-20", "SBM-19",
    "SI22G", "J305", "M4011", "BMX055", "BNO055", "MPU6050", "ADXL345", "VL53L0X", "VL53L1X", "VL53L8CX", "TF-LUNA",
    "RCWL-0516", "HC-SR501", "NEO-6M", "NEO-7M", "NEO-M8N", "CAM-M8Q", "RFD77402",
)  # fmt: skip
_SIGNS = re.compile(r"[^a-z0-9]+")
_LONGEST = 30


def _key(name: str) -> str:
    return _SIGNS.sub("", name.casefold())


_BY_KEY = {_key(name): name for name in _NAMES}


def instrument(written: str) -> str:
    """The type as it is called here; `unknown` for whatever is not in the list."""
    return _BY_KEY.get(_key(written), UNKNOWN) if len(written) <= _LONGEST else UNKNOWN
