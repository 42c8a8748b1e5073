"""The bill: the worked examples, and what always holds of it."""

from __future__ import annotations

import dataclasses
from decimal import ROUND_CEILING, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.anatomy import Side
from app.clinical.billing import bill
from app.clinical.case import Case
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from tests.unit.clinical.sessions import case, chart, laid, preparation, site, vial

LEFT, RIGHT, MIDLINE = Side.LEFT, Side.RIGHT, Side.MIDLINE


def session(payer: str = "medicare", guidance: tuple[str, ...] = (), **values) -> Case:
    """A session of which everything is said that a bill needs."""
    plain = case(chart=chart(**values), unsaid=frozenset({"answers", "history", "outcomes"}))
    patient = dataclasses.replace(plain.patient, payer=payer)
    return dataclasses.replace(plain, patient=patient, guidance=guidance)


def one(product: str, units: str, *opened: str, payer: str = "medicare", **values) -> Case:
    """So many units of a product in one site, from these vials."""
    vials = tuple(vial(20 + at, units=Decimal(size)) for at, size in enumerate(opened))
    return session(
        payer,
        preparations=(preparation(product=product, vials=vials),),
        sites=(site(units=Decimal(units), **values),),
    )


def muscles(indication: str, *places: tuple[str, Side], **values) -> Case:
    """One site in each of these places."""
    return session(
        indications=(indication,),
        sites=tuple(
            site(100 + at, indication=indication, muscle=muscle, side=side, **values)
            for at, (muscle, side) in enumerate(places)
        ),
    )


def drug(session: Case) -> list[tuple[str, str | None, int]]:
    """The lines of the drug."""
    return [each for each in lines(session) if each[0].startswith("J")]


def procedures(session: Case) -> list[tuple[str, str | None, int]]:
    """The lines that are no drug."""
    return [each for each in lines(session) if not each[0].startswith("J")]


def lines(session: Case) -> list[tuple[str, str | None, int]]:
    return [(each.code, each.modifier, each.units) for each in bill(session, catalogue())]


def test_the_example_of_the_vocabulary():
    assert lines(one("BOTOX", "5", "200")) == [
        ("64615", None, 1),
        ("J0585", None, 5),
        ("J0585", "JW", 195),
    ]


@pytest.mark.parametrize(
    ("product", "units", "opened", "expected"),
    [
        # W3 to W6, W9 to W13 of the worked examples
        ("BOTOX", "155", ["200"], [("J0585", None, 155), ("J0585", "JW", 45)]),
        ("BOTOX", "155", ["100", "100"], [("J0585", None, 155), ("J0585", "JW", 45)]),
        ("BOTOX", "195", ["200"], [("J0585", None, 195), ("J0585", "JW", 5)]),
        ("BOTOX", "200", ["200"], [("J0585", "JZ", 200)]),
        ("BOTOX", "7.5", ["100"], [("J0585", None, 8), ("J0585", "JW", 92)]),
        ("Dysport", "500", ["500"], [("J0586", "JZ", 100)]),
        ("Dysport", "640", ["500", "300"], [("J0586", None, 128), ("J0586", "JW", 32)]),
        ("Dysport", "143", ["300"], [("J0586", None, 29), ("J0586", "JW", 31)]),
        ("Dysport", "498", ["500"], [("J0586", "JZ", 100)]),
        ("Dysport", "495", ["500"], [("J0586", None, 99), ("J0586", "JW", 1)]),
        ("Myobloc", "3250", ["5000"], [("J0587", None, 33), ("J0587", "JW", 17)]),
        ("Xeomin", "99.5", ["100"], [("J0588", "JZ", 100)]),
        ("Daxxify", "99", ["100"], [("J0589", None, 99), ("J0589", "JW", 1)]),
    ],
)
def test_the_drug_is_billed_as_the_worked_examples_say(product, units, opened, expected):
    assert drug(one(product, units, *opened)) == expected


def test_a_billing_unit_as_large_as_the_vial_leaves_nothing_to_discard():
    known = catalogue()
    whole = dataclasses.replace(known.products["BOTOX"], hcpcs_units=Decimal(100))
    changed = dataclasses.replace(known, products={**known.products, "BOTOX": whole})

    billed = bill(one("BOTOX", "70", "100"), changed)

    assert [(each.modifier, each.units) for each in billed][1:] == [("JZ", 1)]


@pytest.mark.parametrize("payer", ["medicaid", "commercial", "self_pay", "other"])
def test_other_payers_are_billed_what_was_given_without_a_modifier(payer: str):
    assert drug(one("BOTOX", "155", "200", payer=payer)) == [("J0585", None, 155)]
    assert drug(one("BOTOX", "200", "200", payer=payer)) == [("J0585", None, 200)]


def test_nobody_said_who_pays_so_nothing_is_said_of_what_was_discarded():
    unsaid = dataclasses.replace(one("BOTOX", "155", "200"), unsaid=frozenset({"payer"}))

    assert drug(unsaid) == [("J0585", None, 155)]


def test_a_cosmetic_product_has_no_line():
    assert drug(one("BOTOX Cosmetic", "20", "50")) == []


def test_a_vial_delivered_by_a_pharmacy_has_no_line_but_its_procedure_has():
    delivered = (preparation(vials=(vial(source="pharmacy"),)),)

    assert lines(session(preparations=delivered)) == [("64615", None, 1)]


def test_beside_a_delivered_vial_the_clinic_bills_its_own_only():
    vials = (
        vial(20, units=Decimal(100), source="pharmacy"),
        vial(21, units=Decimal(100)),
    )
    mixed = session(preparations=(preparation(vials=vials),), sites=(site(units=Decimal(155)),))

    assert drug(mixed) == [("J0585", None, 55), ("J0585", "JW", 45)]


def test_nothing_given_is_no_bill():
    assert lines(session(sites=(site(state="planned"),))) == []


def test_a_product_of_which_nothing_was_given_is_not_billed_as_waste_alone():
    other = preparation(3, product="Xeomin", vials=(vial(5, units=Decimal(100)),))

    assert ("J0588", "JW", 100) not in lines(session(preparations=(preparation(), other)))
    assert [code for code, _, _ in drug(session(preparations=(preparation(), other)))] == [
        "J0585", "J0585",
    ]  # fmt: skip


def test_what_was_discarded_is_billed_only_as_far_as_it_is_recorded():
    short = (preparation(vials=(vial(discarded=Decimal(40)),)),)
    nothing = (preparation(vials=(vial(discarded=Decimal(0)),)),)
    sites = (site(units=Decimal(155)),)

    assert drug(session(preparations=short, sites=sites)) == [
        ("J0585", None, 155), ("J0585", "JW", 40),
    ]  # fmt: skip
    assert drug(session(preparations=nothing, sites=sites)) == [("J0585", None, 155)]


def test_migraine_is_one_number_whatever_the_muscles():
    preempt = parse_chart(laid("PREEMPT-155"), catalogue())

    assert procedures(case(chart=preempt)) == [("64615", None, 1)]


@pytest.mark.parametrize(
    ("indication", "places", "expected"),
    [
        ("cervical_dystonia", [("splenius_capitis", LEFT)], [("64616", None, 1)]),
        ("cervical_dystonia", [("splenius_capitis", LEFT), ("sternocleidomastoid", RIGHT)],
         [("64616", "50", 1)]),
        ("cervical_dystonia", [("splenius_capitis", MIDLINE), ("scalene", RIGHT)],
         [("64616", None, 1)]),
        ("blepharospasm", [("orbicularis_oculi", LEFT), ("orbicularis_oculi", RIGHT)],
         [("64612", "50", 1)]),
        ("hemifacial_spasm", [("zygomaticus_major", LEFT), ("orbicularis_oculi", LEFT)],
         [("64612", None, 1)]),
        ("axillary_hyperhidrosis", [("axilla", LEFT), ("axilla", RIGHT)], [("64650", None, 1)]),
        ("axillary_hyperhidrosis", [("axilla", LEFT)], [("64650", "52", 1)]),
        ("palmar_hyperhidrosis", [("palm", LEFT), ("palm", RIGHT)], [("64999", None, 1)]),
        ("plantar_hyperhidrosis", [("sole", LEFT)], [("64999", None, 1)]),
        ("craniofacial_hyperhidrosis", [("forehead_scalp", LEFT)], [("64653", None, 1)]),
        ("gustatory_sweating", [("gustatory_Frey", LEFT)], [("64653", None, 1)]),
        ("other", [("masseter", LEFT), ("masseter", RIGHT)], [("64612", "50", 1)]),
        ("other", [("deltoid", LEFT)], [("64642", None, 1)]),
        ("other", [("abdominal_wall", LEFT)], [("64646", None, 1)]),
    ],
)  # fmt: skip
def test_the_procedure_follows_from_what_was_treated(indication, places, expected):
    assert procedures(muscles(indication, *places)) == expected


ARM = [
    "biceps_brachii", "flexor_carpi_radialis", "flexor_digitorum_superficialis",
    "flexor_digitorum_profundus", "flexor_carpi_ulnaris", "brachialis",
]  # fmt: skip
LEG = ["soleus", "tibialis_posterior", "flexor_hallucis_longus"]


@pytest.mark.parametrize(
    ("arm", "leg", "expected"),
    [
        (4, 0, [("64642", None, 1)]),  # W25
        (5, 0, [("64644", None, 1)]),
        (6, 3, [("64644", None, 1), ("64643", None, 1)]),  # W26
        (1, 3, [("64642", None, 1), ("64643", None, 1)]),
    ],
)
def test_limbs_are_billed_by_the_muscles_of_each(arm, leg, expected):
    sites = [(muscle, RIGHT) for muscle in ARM[:arm]] + [(muscle, RIGHT) for muscle in LEG[:leg]]

    assert sorted(procedures(muscles("upper_limb_spasticity", *sites))) == sorted(expected)


def test_two_large_limbs_and_two_small_ones():
    places = [(muscle, side) for side in (LEFT, RIGHT) for muscle in ARM]
    places += [(muscle, side) for side in (LEFT, RIGHT) for muscle in LEG]

    assert sorted(procedures(muscles("upper_limb_spasticity", *places))) == [
        ("64643", None, 2), ("64644", None, 1), ("64645", None, 1),
    ]  # fmt: skip


def test_both_heads_of_the_calf_are_one_muscle_and_many_sites_in_one_are_one():
    heads = [("gastrocnemius_medial", LEFT), ("gastrocnemius_lateral", LEFT)]
    rest = [("soleus", LEFT), ("tibialis_posterior", LEFT), ("flexor_hallucis_longus", LEFT)]

    assert procedures(muscles("lower_limb_spasticity", *heads, *rest, ("soleus", LEFT))) == [
        ("64642", None, 1)
    ]


def test_the_six_rows_of_the_lower_limb_label_in_one_leg():
    """W24."""
    rows = ["gastrocnemius_medial", "gastrocnemius_lateral", "soleus", "tibialis_posterior",
            "flexor_hallucis_longus", "flexor_digitorum_longus"]  # fmt: skip

    assert procedures(muscles("lower_limb_spasticity", *((row, LEFT) for row in rows))) == [
        ("64644", None, 1)
    ]


def test_underarms_and_palms_are_two_numbers_and_one_drug():
    """W27."""
    vials = (vial(20, units=Decimal(200)), vial(21, units=Decimal(100)))
    given_in = [
        ("axillary_hyperhidrosis", "axilla", 50), ("palmar_hyperhidrosis", "palm", 100),
    ]  # fmt: skip
    sites = tuple(
        site(100 + at * 2 + (side is LEFT), indication=indication, muscle=muscle, side=side,
             units=Decimal(units))
        for at, (indication, muscle, units) in enumerate(given_in)
        for side in (LEFT, RIGHT)
    )  # fmt: skip
    both = session(
        indications=("axillary_hyperhidrosis", "palmar_hyperhidrosis"),
        preparations=(preparation(vials=vials),),
        sites=sites,
    )

    assert sorted(lines(both)) == [
        ("64650", None, 1), ("64999", None, 1), ("J0585", "JZ", 300),
    ]  # fmt: skip


def test_a_place_in_words_counts_for_its_indication_and_elsewhere_for_nothing():
    words = {"muscle": None, "other": "scar below the elbow"}
    limb = session(
        indications=("upper_limb_spasticity",),
        sites=(site(indication="upper_limb_spasticity", **words),),
    )
    unclear = session(indications=("other",), sites=(site(indication="other", **words),))

    assert procedures(limb) == [("64642", None, 1)]
    assert procedures(unclear) == []


@pytest.mark.parametrize(
    ("guidance", "code"), [("emg", "95874"), ("estim", "95873"), ("ultrasound", "76942")]
)
def test_guidance_is_billed_once(guidance: str, code: str):
    assert (code, None, 1) in lines(session(guidance=(guidance,)))
    assert (code, None, 1) not in lines(session())


@given(st.data())
def test_given_and_discarded_always_make_up_the_vials(data):
    product = data.draw(st.sampled_from(["BOTOX", "Dysport", "Xeomin", "Myobloc", "Daxxify"]))
    entry = catalogue().products[product]
    sizes = st.sampled_from([str(size.units) for size in entry.sizes])
    opened = data.draw(st.lists(sizes, min_size=1, max_size=4))
    total = sum(map(Decimal, opened))
    units = data.draw(st.decimals(Decimal("0.01"), total, places=2))

    billed = drug(one(product, str(units), *opened))

    assert sum(count for _, _, count in billed) * entry.hcpcs_units == total
    assert billed[0][2] == int((units / entry.hcpcs_units).to_integral_value(ROUND_CEILING))
    assert (billed[-1][1] == "JW") == (len(billed) == 2)


PLACES = st.lists(
    st.tuples(st.sampled_from([*ARM, *LEG, "axilla", "masseter"]), st.sampled_from([LEFT, RIGHT])),
    min_size=1,
    max_size=8,
)


@given(PLACES, PLACES)
def test_planned_sites_change_nothing(places, planned):
    session = muscles("other", *places)
    more = tuple(
        site(900 + at, indication="other", muscle=muscle, side=side, state="planned")
        for at, (muscle, side) in enumerate(planned)
    )
    wider = dataclasses.replace(session.chart, sites=(*more, *session.chart.sites))

    assert lines(dataclasses.replace(session, chart=wider)) == lines(session)


@given(PLACES.flatmap(lambda places: st.tuples(st.just(places), st.permutations(places))))
def test_the_order_of_sites_changes_nothing(orders):
    one, other = orders

    assert lines(muscles("other", *one)) == lines(muscles("other", *other))
