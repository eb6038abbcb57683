"""The units, currencies, counters and calendar words of Chinese and English, and what each is worth."""

import re
from typing import Literal

Kind = Literal[
    "money",  # unit: a currency code; value in major units
    "percent",  # value 0–100
    "off",  # a reduction in percent: 八折 and "20% off" are both 20
    "duration",  # in days
    "working_days",
    "months",  # a month is no number of days, a year is 12 months
    "date",  # unit "year-month-day" with "*" for what is not said
    "weekday",  # 1 Monday … 7 Sunday
    "time",  # minutes after midnight
    "mass",  # grams
    "length",  # millimetres
    "volume",  # millilitres
    "temperature",  # degrees Celsius
    "measure",  # unit: w, v, wh, mah, db, gb, hz, px, inch …
    "times",  # 1.5倍
    "count",  # unit: the counter or noun, folded across languages where it is known
    "number",
]

CURRENCIES = {
    "¥": "CNY",
    "￥": "CNY",
    "元": "CNY",
    "块钱": "CNY",
    "块": "CNY",
    "圆": "CNY",
    "人民币": "CNY",
    "rmb": "CNY",
    "cny": "CNY",
    "yuan": "CNY",
    "renminbi": "CNY",
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "美元": "USD",
    "美金": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "€": "EUR",
    "eur": "EUR",
    "欧元": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "英镑": "GBP",
    "pound": "GBP",
    "pounds": "GBP",
    "港币": "HKD",
    "港元": "HKD",
    "hk$": "HKD",
    "hkd": "HKD",
    "日元": "JPY",
    "jpy": "JPY",
    "yen": "JPY",
    "新台币": "TWD",
    "nt$": "TWD",
    "韩元": "KRW",
}
MONEY_BEFORE = r"(?:¥|￥|US\$|HK\$|NT\$|\$|€|£|RMB|CNY|USD|EUR|GBP|HKD|人民币)"
MONEY_AFTER = (
    r"(?:元|块钱|块|圆|人民币|美元|美金|欧元|英镑|港币|港元|日元|新台币|韩元"
    r"|(?:RMB|CNY|USD|EUR|GBP|HKD|JPY|yuan|renminbi|dollars?|euros?|pounds?|yen)\b)"
)
UNITS: dict[str, tuple[Kind, str, float]] = {}


def _unit(kind: Kind, unit: str, scale: float, *names: str) -> None:
    for name in names:
        UNITS[name] = (kind, unit, scale)
        if name.isascii() and len(name) > 3:
            UNITS[name.title()] = (kind, unit, scale)


_unit("duration", "", 1 / 86400, "秒", "秒钟", "second", "seconds", "sec", "secs")
_unit("duration", "", 1 / 1440, "分钟", "minute", "minutes", "min", "mins")
_unit("duration", "", 1 / 24, "小时", "个小时", "钟头", "个钟头", "hour", "hours", "hr", "hrs", "小時", "個小時")
_unit("duration", "", 1, "天", "日", "昼夜", "day", "days", "自然日", "calendar day", "calendar days")
_unit("working_days", "", 1, "工作日", "个工作日", "working day", "working days", "business day", "business days")
_unit("working_days", "", 1, "weekdays", "個工作日", "workdays")
_unit("duration", "", 7, "周", "星期", "个星期", "礼拜", "个礼拜", "week", "weeks", "週", "個星期")
_unit("months", "", 1, "个月", "月", "month", "months", "個月")
_unit("months", "", 12, "年", "周年", "year", "years", "yr", "yrs", "週年")
_unit("mass", "", 1, "克", "g", "gram", "grams")
_unit("mass", "", 0.001, "毫克", "mg")
_unit("mass", "", 1000, "公斤", "千克", "kg", "kilo", "kilos", "kilogram", "kilograms", "kgs")
_unit("mass", "", 500, "斤")
_unit("mass", "", 1e6, "吨", "tonne", "tonnes", "tons", "ton", "噸")
_unit("length", "", 1, "毫米", "mm", "millimetres", "millimeters")
_unit("length", "", 10, "厘米", "公分", "cm", "centimetres", "centimeters")
_unit("length", "", 1000, "米", "公尺", "metre", "metres", "meter", "meters", "m")
_unit("length", "", 1e6, "公里", "千米", "km", "kilometres", "kilometers", "kilometre", "kilometer")
_unit("length", "", 1609344, "英里", "mile", "miles")
_unit("length", "", 304.8, "英尺", "feet", "foot", "ft")
_unit("length", "", 25.4, "英寸", "inch", "inches", "寸")
_unit("volume", "", 1, "毫升", "ml", "mL", "millilitres", "milliliters")
_unit("volume", "", 1000, "升", "公升", "L", "l", "litre", "litres", "liter", "liters")
_unit("temperature", "", 1, "℃", "°C", "摄氏度", "度", "degrees", "degrees Celsius")
for _name in ("w", "v", "wh", "mah", "db", "gb", "tb", "mb", "kb", "hz", "khz", "mhz", "ghz", "px", "ghz", "kw", "kwh"):
    _unit("measure", _name, 1, _name, _name.upper())
for _name, _as in (
    ("瓦", "w"),
    ("瓦特", "w"),
    ("watts", "w"),
    ("watt", "w"),
    ("伏", "v"),
    ("伏特", "v"),
    ("volts", "v"),
    ("volt", "v"),
    ("毫安时", "mah"),
    ("毫安", "mah"),
    ("mAh", "mah"),
    ("Wh", "wh"),
    ("dB", "db"),
    ("分贝", "db"),
    ("decibels", "db"),
    ("瓦时", "wh"),
    ("千瓦", "kw"),
    ("像素", "px"),
    ("Hz", "hz"),
    ("kHz", "khz"),
    ("MHz", "mhz"),
    ("GHz", "ghz"),
    ("kW", "kw"),
    ("kWh", "kwh"),
    ("赫兹", "hz"),
):
    _unit("measure", _as, 1, _name)
_unit("times", "", 1, "倍", "fold")

UNIT_ZH = "|".join(sorted((re.escape(u) for u in UNITS if not u.isascii()), key=len, reverse=True))
UNIT_EN = "|".join(sorted((re.escape(u) for u in UNITS if u.isascii()), key=len, reverse=True))
UNIT = rf"(?P<unit>(?:{UNIT_ZH})|(?:{UNIT_EN})(?![A-Za-z]))"

COUNTERS: dict[str, str] = {}
for _folded, _names in {
    "piece": "件 个 個 台 部 张 張 只 隻 条 條 枚 份 块 颗 顆 根 支 把 座 所 辆 輛 架 艘 棵 朵 本 册 項 项 "
    "款 种 種 类 類 piece"
    " pieces item items card cards phone phones kinds kind types type copies copy units unit samples "
    "sample ports port"
    " vouchers voucher settings orders order photos photo",
    "time": "次 回 遍 time times tries try infusions infusion 泡",
    "person": "人 位 名 口 people person persons users user customers members passengers",
    "pair": "双 雙 对 pair pairs",
    "box": "箱 盒 罐 瓶 包 袋 杯 桶 box boxes tins tin bottles bottle packs cups parcels parcel",
    "instalment": "期 instalments instalment installments installment",
    "point": "积分 分 points point",
    "character": "字 个字符 字符 位数字 characters character digits digit words word",
    "level": "级 級 层 层楼 档 floors floor levels level",
    "year_old": "岁 周岁 歲 years old year old",
    "size": "码 碼",
    "zone": "区 區 zone zones",
    "step": "步 steps step",
    "household": "户 家 戶 households families",
}.items():
    COUNTERS.update(dict.fromkeys(re.split(r" (?!old)", _names), _folded))
COUNTER_ZH = "|".join(sorted((re.escape(c) for c in COUNTERS if not c.isascii()), key=len, reverse=True))
COUNTER_EN = "|".join(sorted((re.escape(c) for c in COUNTERS if c.isascii()), key=len, reverse=True))
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH = (
    r"(?P<{0}>January|Jan|February|Feb|March|Mar|April|Apr|May|June|Jun|July|Jul|August|Aug|September|"
    r"Sept|Sep|October|Oct"
    r"|November|Nov|December|Dec)\.?"
)
WEEKDAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7, "末": 0}
WEEKDAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
