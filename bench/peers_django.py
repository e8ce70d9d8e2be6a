"""A peer of `serving.py`: Django's syndication view of as much text, cached, with conditional GET
and gzip, on uvicorn.

python bench/peers_django.py FILE PORT
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.asgi import get_asgi_application
from django.urls import path
from django.views.decorators.cache import cache_page

ITEMS = 30
WHEN = datetime(2021, 12, 6, tzinfo=UTC)

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    USE_TZ=True,
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    MIDDLEWARE=[
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
    ],
)
TEXT = Path(sys.argv[1]).read_text("utf-8").replace("<", "").replace("&", "")
SIZE = len(TEXT) // ITEMS


class Stories(Feed):
    title, link, description = "Stories", "/", "Running stories"

    def items(self) -> list[int]:
        return list(range(ITEMS))

    def item_title(self, item: int) -> str:
        return f"Talks go on, day {item}"

    def item_description(self, item: int) -> str:
        return TEXT[item * SIZE : (item + 1) * SIZE]

    def item_link(self, item: int) -> str:
        return f"/stories/{item}"

    def item_pubdate(self, _: int) -> datetime:
        return WHEN


urlpatterns = [path("feeds/stories.rss", cache_page(300)(Stories()))]

if __name__ == "__main__":
    uvicorn.run(
        get_asgi_application(),
        port=int(sys.argv[2]),
        access_log=False,
        log_config=None,
        lifespan="off",
    )
