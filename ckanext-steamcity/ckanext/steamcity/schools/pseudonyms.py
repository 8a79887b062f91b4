"""Names of classes: "Team" and an animal, a plant or a thing of nature. Pure; this plugin only.

They are made by the portal so that no class is called after its form, its teacher or a pupil; they are not translated.
"""

from __future__ import annotations

import random
from collections.abc import Container

_WORDS = """
Acacia Agave Albatross Alder Almond Amaryllis Anemone Antelope Apricot Ash Aspen Aurora Avocet Axolotl Badger Bamboo
Basalt Basil Bayou Beaver Beech Bison Bittern Blackbird Blackthorn Bluebell Boulder Bramble Buzzard Cactus Camellia
Canyon Caracal Cascade Cedar Chameleon Cheetah Chestnut Chickadee Chinchilla Cicada Clover Comet Condor Coral
Cormorant Cornflower Coyote Crane Cricket Crocus Curlew Cypress Daffodil Dahlia Delta Dolphin Dormouse Dragonfly
Dune Eagle Echidna Egret Eider Elder Elk Estuary Falcon Fennel Fern Finch Firefly Fjord Flamingo Foxglove Galaxy
Gannet Gazelle Gecko Gentian Geyser Ginkgo Glacier Goldfinch Goshawk Granite Grebe Grove Gull Hare Harrier Hawthorn
Hazel Heather Hedgehog Heron Hibiscus Holly Hoopoe Horizon Hornbeam Hummingbird Ibex Ibis Iguana Impala Island Ivy
Jackdaw Jaguar Jasmine Jay Juniper Kestrel Kingfisher Kite Koala Lagoon Lapwing Larch Lark Lavender Lemur Lichen
Linden Linnet Lizard Lotus Lynx Magnolia Mallard Maple Marigold Marmot Marten Meadow Mimosa Moorhen Moss Mulberry
Narwhal Nebula Newt Nightingale Nuthatch Oasis Ocelot Okapi Olive Orca Orchid Oriole Osprey Otter Pangolin Partridge
Peacock Pelican Penguin Peony Pine Plover Poplar Poppy Puffin Quail Quartz Raven Redstart Redwood Robin Rowan Sage
Salamander Sandpiper Saffron Sequoia Skylark Snowdrop Sparrow Spruce Starfish Starling Stork Summit Swallow Swift
Sycamore Tamarisk Tern Thistle Thrush Thyme Toucan Tulip Tundra Turtle Valley Verbena Volcano Wagtail Walnut Warbler
Waterfall Waxwing Willow Wombat Woodpecker Wren Yarrow Yew Zebra
"""
NAMES = tuple(_WORDS.split())


def pick(taken: Container[str], seed: str) -> str:
    """A team name that is not taken; the same for the same `seed` and the same names taken.

    When every name is taken a number is added: "Team Kingfisher 2".
    """
    order = list(NAMES)
    random.Random(seed).shuffle(order)
    rounds = 1
    while True:
        for word in order:
            name = f"Team {word}" if rounds == 1 else f"Team {word} {rounds}"
            if name not in taken:
                return name
        rounds += 1
