"""Names of news agencies and outlets, as far as quotations can be recognised by them.

The list only decides what is *offered* as a credit; an editor adds any other name by hand.
"""

import re

_CANONICAL = """
ABC|AFP|Agence France-Presse=AFP|Al Arabiya|Al Jazeera|ANI|ANSA|Anadolu|Anadolu Agency=Anadolu|AP
Associated Press=AP|Axios|BBC|BBC News=BBC|Belga|BelTA|Bild|Bloomberg|Bloomberg News=Bloomberg|CBC
CBS|CBS News=CBS|CCTV|CNBC|CNN|CTK|Der Spiegel|Deutsche Welle|Die Welt|Die Zeit|dpa|DPA=dpa|DW
Echo of Moscow|EFE|El Mundo|El País|Euronews|Fars|Financial Times|Foreign Affairs|Foreign Policy
Fox News|France 24|Global Times|The Guardian|Haaretz|HINA|Hindustan Times|The Independent|Interfax
IRNA|ISNA|ITAR-TASS=TASS|Izvestia|Jiji|Kommersant|KCNA|KUNA|Kyiv Independent|Kyodo
Kyodo News=Kyodo|La Repubblica|Le Figaro|Le Monde|Lusa|Meduza|MSNBC|MTI|NBC|NBC News=NBC
The New York Times|NHK|Nikkei|Novaya Gazeta|NPR|NTB|PA Media|PAP|PBS|Politico
Press Association=PA Media|Press Trust of India=PTI|PTI|RBC|Reuters|RFE/RL
Radio Free Europe=RFE/RL|RIA|RIA Novosti|Ritzau|Rossiya 24|RT|SANA|Sky News
South China Morning Post|Sputnik|Süddeutsche Zeitung|Tanjug|Tasnim|TASS|Tass=TASS|The Economist
The Telegraph|The Times|The Washington Post|The Wall Street Journal|TVN|Ukrinform|UPI|Vedomosti
Voice of America|WAFA|WAM|Xinhua|Yonhap|Yonhap News Agency=Yonhap
"""

_PAIRS = [name.partition("=") for name in re.split(r"[|\n]", _CANONICAL.strip())]
_KNOWN = {name.removeprefix("The "): canonical or name for name, _, canonical in _PAIRS}
_KEYS = {name.casefold(): canonical for name, canonical in _KNOWN.items()}
_KIND = (
    "News|Times|Post|Herald|Tribune|Gazette|Journal|Chronicle|Observer|Daily|Radio|Television|TV"
    "|Agency"
)

OUTLET = (
    r"\b(?:(?i:the)\s)?(?P<name>"
    + "|".join(re.escape(name) for name in sorted(_KNOWN, key=len, reverse=True))
    + r"|(?:[A-Z][a-z]{1,20}\s){1,3}(?:"
    + _KIND
    + r"))(?![\w’'-])"
)
"""A pattern to compile with what stands around it: a known name, or one that says what it is."""


def is_known(name: str) -> bool:
    """Whether `name`, in any case, is an outlet of the list."""
    return name.casefold() in _KEYS


def canonical(name: str) -> str:
    """The one name of an outlet: "Associated Press" is AP, "the Guardian" The Guardian."""
    key = re.sub(r"^the\s+", "", name.strip(), flags=re.I)
    return _KEYS.get(key.casefold(), name.strip())
