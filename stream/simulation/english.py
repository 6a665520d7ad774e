"""Everyday English as data: sentence patterns, common words, and coined words to plant, as `chinese` has them.

For streams whose words are spaced. No word is longer than seven letters, so that any text length can be kept.
"""

from stream.simulation.grammar import Grammar, Topic

WORDS = {
    "time": "today tonight lately again now later sunday monday friday",
    "who": "i we they people friends mom dad anna tom lisa mark emma jack nobody someone",
    "friend": "mom dad anna tom lisa mark emma jack friends",
    "adv": "really just still always never finally maybe also",
    "deg": "so very too quite rather pretty super",
    "city": "london paris berlin boston chicago dublin madrid rome oslo",
    "mood": "happy tired calm angry bored relaxed nervous excited",
    "number": "two three five ten 12 20 100",
}

MARKS = ", , , . . !"

SHARED = (
    "saw the {N} {time}", "{who} talked about the {N} {time}", "the {N} is {adv} {deg} {A}", "what about the {N}",
    "does anyone know this {N}", "the {N} in {city} is {deg} {A}", "waited {number} hours for the {N}",
    "{who} said the {N} looks {A}", "i never {V} a {N} before", "{who} {V} this {N} {time}",
    "{who} {V} the {N} with {friend}", "why is the {N} {deg} {A}", "my feed is full of {N} stuff",
    "did not expect the {N}", "this {N} went viral", "has {friend} {V} the {N}", "when {mood} i think of {N}",
    "{who} asked me what {N} means", "cannot live without {N}", "that {N} costs {number} bucks",
)  # fmt: skip

ASIDES = (
    "{who} felt {deg} {mood}", "it rained in {city} {time}", "thanks {friend}", "see you {time}", "off to work {time}",
    "that is all", "good night", "what do you think", "{friend} laughed {time}", "no sleep {time}",
)  # fmt: skip

TOPICS = (
    Topic(
        "pizza burger salad soup cake bread noodles rice pasta taco curry steak cookie pie",
        "ordered cooked tried shared loved",
        "tasty spicy cheap fresh sweet salty greasy",
        ("{who} burned the {N}", "the {N} place is {A}", "old {N} for lunch", "no more {N} for me"),
        "snorble crumpsy glazzle nibboli frosta munchel zestino puffaro brothly tangoo crispo doughly",
    ),
    Topic(
        "phone laptop camera tablet mouse screen printer router watch speaker charger drone",
        "used fixed sold lost dropped",
        "fast slow light broken cheap sturdy ugly",
        ("the {N} died {time}", "new {N} day", "support fixed my {N}", "the {N} needs an update"),
        "lumipod zentab quorbit novapen clikkr flexora voltine echozen pixdot wavvi hoverly tapzo",
    ),
    Topic(
        "movie show series novel comic song album concert podcast trailer game sequel",
        "watched loved skipped rated missed",
        "funny boring sad long great weird loud",
        ("the {N} ending was {A}", "stayed up for the {N}", "tickets for the {N} are gone", "the {N} score is {A}"),
        "mirwood sorrell duskara fennick halvern ostravy brindle talwyn elowyn grimsby kestral lyrane",
    ),
    Topic(
        "cat dog rabbit hamster parrot turtle puppy kitten cactus fern rose fish",
        "fed walked adopted spoiled petted",
        "cute lazy loud shy clever hungry calm",
        ("the {N} slept all day", "the {N} broke a cup", "the {N} wants out", "a {N} on the balcony"),
        "fluffin wigglet purrkin snuglo barkly mossim tufty zoomkin hopsie pawlet chirpo nuzzler",
    ),
    Topic(
        "train bus subway plane taxi ferry tram bike scooter truck bridge station",
        "missed booked shared chased tried",
        "late full quick slow safe noisy crowded",
        ("the {N} is late {time}", "stuck on the {N}", "the last {N} left", "slept on the {N}"),
        "glidera skyhop velotra railix swiftbo hoverto zipcoo aerovan trundle roamio pedalix waybuzz",
    ),
)

ENGLISH = Grammar(WORDS, MARKS, SHARED, ASIDES, TOPICS, before_word=" ")
