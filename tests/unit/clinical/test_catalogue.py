"""The catalogue says what its sources say, and its check finds what does not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from app.clinical.anatomy import MAPS, Side
from app.clinical.catalogue import FOLDER, catalogue, check, read_catalogue, read_rows
from app.clinical.catalogue.checking import faults
from app.clinical.catalogue.tablet import for_tablet
from tests.unit.clinical.drawings import ROOT

TABLES = sorted(path.stem for path in FOLDER.glob("*.csv"))


def test_the_catalogue_has_no_fault():
    assert check() == []


def test_the_catalogue_is_read_once():
    assert catalogue() is catalogue()


def test_importing_reads_no_file():
    program = (
        "import sys; opened = [];"
        "sys.addaudithook(lambda name, args: opened.append(str(args[0])) if name == 'open' else 0);"
        "import app.clinical.chart, app.clinical.ledger, app.clinical.rules;"
        "print([path for path in opened if path.endswith(('.csv', '.toml', '@1.json'))])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert done.stdout.strip() == "[]"


def test_the_version_names_the_edition_and_every_byte(tmp_path: Path):
    assert re.fullmatch(r"2026\.11\+[0-9a-f]{12}", catalogue().version)
    copied = copy_to(tmp_path)
    assert read_catalogue(copied).version == catalogue().version

    replace(copied / "limits.csv", "a tap this near", "a tap as near")

    assert read_catalogue(copied).version != catalogue().version


@pytest.mark.parametrize("name", [name for name in TABLES if name != "sources"])
def test_every_row_has_a_source_a_grade_and_says_whether_to_verify(name: str):
    tags = set(catalogue().sources)
    for row in read_rows(name):
        assert row["source"]
        assert set(row["source"].split()) <= tags
        assert row["grade"] in {"A", "B", "C", "calc", "design", "recall", "unknown"}
        assert row["verify"] in {"yes", "no"}
        if {"R-H", "R-M", "R-L", "unknown", "anatomy"} & set(row["source"].split()):
            assert row["verify"] == "yes"


def test_preempt_is_31_sites_of_5_units():
    preempt = catalogue().protocols["PREEMPT-155"]

    assert (len(preempt.sites), preempt.units, preempt.product) == (31, 155, "BOTOX")
    assert {site.units for site in preempt.sites} == {Decimal(5)}
    assert preempt.short == "PREEMPT"
    count = {}
    for site in preempt.sites:
        count[site.muscle, site.side] = count.get((site.muscle, site.side), 0) + 1
    assert count.pop(("procerus", Side.MIDLINE)) == 1
    halves = {
        "corrugator": 1, "frontalis": 2, "temporalis": 4, "occipitalis": 3,
        "cervical_paraspinal": 2, "trapezius": 3,
    }  # fmt: skip
    assert count == {(m, s): n for m, n in halves.items() for s in (Side.RIGHT, Side.LEFT)}


@pytest.mark.parametrize(
    ("id", "sites", "units", "muscle"),
    [
        ("AX-50x10", 20, 100, "axilla"),
        ("AX-50x12", 24, 100, "axilla"),
        ("AX-50x15", 30, 100, "axilla"),
        ("AX-50x20", 40, 100, "axilla"),
        ("PALM-25", 50, 100, "palm"),
        ("PALM-50", 100, 200, "palm"),
        ("SOLE-30", 60, 120, "sole"),
        ("SOLE-50", 100, 200, "sole"),
    ],
)
def test_grids_share_their_units_over_both_sides(id: str, sites: int, units: int, muscle: str):
    grid = catalogue().protocols[id]

    assert (len(grid.sites), grid.units) == (sites, units)
    assert {site.muscle for site in grid.sites} == {muscle}
    for side in (Side.LEFT, Side.RIGHT):
        assert sum(site.units for site in grid.sites if site.side is side) == units / 2


def test_palms_and_soles_are_laid_with_2_units_a_site():
    for id in ("PALM-25", "PALM-50", "SOLE-30", "SOLE-50"):
        assert {site.units for site in catalogue().protocols[id].sites} == {Decimal(2)}
    for id in ("palmar_hyperhidrosis", "plantar_hyperhidrosis"):
        assert catalogue().indications[id].brush_units == 2


def test_every_mirror_is_exact():
    for protocol in catalogue().protocols.values():
        for site in protocol.sites:
            if site.mirror is None:
                assert site.side is Side.MIDLINE or protocol.side is not None
                continue
            other = protocol.site(site.mirror)
            assert (other.y, other.muscle, other.units) == (site.y, site.muscle, site.units)
            assert {site.side, other.side} == {Side.LEFT, Side.RIGHT}


def tally(id: str, **where: object) -> tuple[int, Decimal | None]:
    """How many sites, and how many units; None where one of them states none."""
    sites = [
        site
        for site in catalogue().protocols[id].sites
        if all(getattr(site, name) == value for name, value in where.items())
    ]
    units = [site.units for site in sites]
    return len(sites), None if None in units else sum(units)


def test_follow_the_pain_adds_up_to_40_units_in_three_muscles_only():
    extras = {"temporalis": (2, 10), "occipitalis": (2, 10), "trapezius": (4, 20)}
    fixed = {"temporalis": (8, 40), "occipitalis": (6, 30), "trapezius": (6, 30)}

    assert tally("PREEMPT-FTP") == (8, 40)
    assert tally("PREEMPT-195") == (39, 195)
    for muscle, (sites, units) in extras.items():
        more = fixed[muscle][0] + sites, fixed[muscle][1] + units
        assert tally("PREEMPT-155", muscle=muscle) == fixed[muscle]
        assert tally("PREEMPT-FTP", muscle=muscle) == (sites, units)
        assert tally("PREEMPT-195", muscle=muscle) == more
    extra = catalogue().protocols["PREEMPT-FTP"]
    assert (extra.add_on_to, extra.due(), extra.units) == ("PREEMPT-155", (), None)


def test_all_follow_the_pain_sites_are_the_fixed_ones_and_the_extras_at_the_same_places():
    def places(*ids: str) -> set[tuple[object, ...]]:
        sites = [site for id in ids for site in catalogue().protocols[id].sites]
        return {(site.id, site.map, site.x, site.y, site.units) for site in sites}

    assert places("PREEMPT-195") == places("PREEMPT-155", "PREEMPT-FTP")


def test_an_underarm_of_dysport_is_100_units_a_side():
    for side in (Side.LEFT, Side.RIGHT):
        assert tally("DYS-AX-100x10", side=side) == (10, 100)


@pytest.mark.parametrize(
    ("id", "sites", "units"),
    [
        ("BLEPH-BOTOX-3", 3, "3.75"),
        ("BLEPH-XEOMIN-5", 5, "25"),
        ("HFS-PLATYSMA-LEFT", 2, "5"),
        ("HFS-LEFT", 4, "5"),
        ("CD-ROTATION-LEFT", 4, "50"),
        ("CD-LATEROCOLLIS-RIGHT", 6, "75"),
        ("CRANIO-20", 20, "40"),
        ("CRANIO-40", 40, "80"),
    ],
)
def test_a_range_lays_its_low_end(id: str, sites: int, units: str):
    protocol = catalogue().protocols[id]
    due = protocol.due()
    by_eye = [site for site in due if site.side is Side.LEFT] if id.startswith("BLEPH") else due

    assert (len(by_eye), sum(site.units for site in by_eye)) == (sites, Decimal(units))


def test_a_muscle_without_a_known_range_states_no_dose():
    back = catalogue().protocols["CD-RETROCOLLIS"]

    assert {site.muscle for site in back.sites if site.units is None} == {"semispinalis_capitis"}
    assert sum(site.units for site in back.due() if site.muscle == "splenius_capitis") == 50
    assert back.units is None


def test_a_block_of_a_limb_is_laid_for_the_limb_treated():
    biceps = catalogue().protocols["UL-BOTOX-biceps_brachii"]

    assert (biceps.per_limb, biceps.muscle, biceps.ages) == (True, "biceps_brachii", "adult")
    assert (biceps.units_low, biceps.units_high, biceps.units) == (60, 200, 60)
    assert [site.units for site in biceps.due()] == [30, 30]
    assert {site.side for site in biceps.due({"biceps_brachii_1_L"})} == {Side.LEFT}
    assert len(biceps.due({"biceps_brachii_1_L", "biceps_brachii_1_R"})) == 4
    assert sum(site.optional for site in biceps.sites) == 4


def test_the_adult_leg_of_botox_is_400_units_in_16_sites():
    blocks = [
        protocol for id, protocol in catalogue().protocols.items() if id.startswith("LL-BOTOX-")
    ]

    assert sum(block.units for block in blocks) == 400
    assert sum(len(block.due()) for block in blocks) == 16


def test_the_adult_leg_of_dysport_reaches_from_930_to_1500_units():
    blocks = [p for id, p in catalogue().protocols.items() if id.startswith("LL-DYSPORT-")]

    assert sum(block.units_low for block in blocks) == 930
    assert sum(block.units for block in blocks) == 930
    assert sum(block.units_high for block in blocks) == 1500


def test_the_adult_arm_of_botox_is_13_muscles_and_18_sites_at_most():
    blocks = [p for id, p in catalogue().protocols.items() if id.startswith("UL-BOTOX-")]

    assert len(blocks) == 13
    assert sum(len(block.sites) // 2 for block in blocks) == 18


def test_a_child_s_blocks_state_units_per_kg_and_no_units():
    blocks = [p for p in catalogue().protocols.values() if p.ages == "child"]

    assert len(blocks) == 13
    for block in blocks:
        assert block.planned_by == "per_kg"
        assert block.units_per_kg_low < block.units_per_kg_high
        assert (block.units, {site.units for site in block.sites}) == (None, {None})
        assert (block.from_age, block.to_age) == (2, 17)
    biceps = catalogue().protocols["UL-PED-BOTOX-biceps_brachii"]
    assert (biceps.units_per_kg_low, biceps.units_per_kg_high) == (Decimal("1.5"), 3)


def test_every_protocol_of_the_reference_is_there():
    known = catalogue().protocols

    assert len(known) == 95
    assert sum(len(protocol.sites) for protocol in known.values()) == 962
    assert sum(protocol.per_limb for protocol in known.values()) == 70
    assert sum(protocol.ages == "consensus" for protocol in known.values()) == 12


def test_every_indication_with_a_protocol_says_what_to_expect_and_to_tell():
    for indication in catalogue().indications.values():
        lines = catalogue().technique.get(indication.id, ())
        topics = [line.topic for line in lines]
        if indication.protocols:
            assert {"onset", "duration", "follow_up", "outcome", "risk"} <= set(topics)
        for line in lines:
            assert line.in_language("es-MX") == line.text_es != ""
    onset = {line.topic: line for line in catalogue().technique["axillary_hyperhidrosis"]}
    assert onset["duration"].text == "median 205 days"
    assert not onset["duration"].verify


def test_the_readme_names_every_table_and_column():
    readme = (FOLDER / "README.md").read_text("utf-8")

    for name in TABLES:
        assert f"`{name}.csv`" in readme
        for column in set(read_rows(name)[0]) - {"source", "grade", "verify"}:
            assert f"`{column}`" in readme, f"{name}: {column}"


def test_the_eleven_indications_and_other_are_there_with_codes_and_spanish():
    indications = catalogue().indications

    assert list(indications) == [
        "chronic_migraine", "cervical_dystonia", "blepharospasm", "hemifacial_spasm",
        "upper_limb_spasticity", "lower_limb_spasticity", "axillary_hyperhidrosis",
        "palmar_hyperhidrosis", "plantar_hyperhidrosis", "craniofacial_hyperhidrosis",
        "gustatory_sweating", "other",
    ]  # fmt: skip
    for indication in indications.values():
        assert indication.codes
        assert indication.label_in("es-US") == indication.label_es != ""


@pytest.mark.parametrize(
    ("id", "codes"),
    [
        ("chronic_migraine", "G43.701 G43.709 G43.711 G43.719 G43.E01 G43.E09 G43.E11 G43.E19"),
        ("cervical_dystonia", "G24.3"),
        ("hemifacial_spasm", "G51.31 G51.32 G51.33 G51.39"),
        ("axillary_hyperhidrosis", "L74.510"),
        ("palmar_hyperhidrosis", "L74.512"),
        ("plantar_hyperhidrosis", "L74.513"),
        ("craniofacial_hyperhidrosis", "L74.511"),
    ],
)
def test_diagnosis_codes(id: str, codes: str):
    assert {code.code for code in catalogue().indications[id].codes} == set(codes.split())


def test_no_code_is_a_header_that_cannot_be_billed():
    assert "G35" not in catalogue().codes
    assert all(re.fullmatch(r"[A-Z]\d\d\.[0-9A-Z]{1,3}", code) for code in catalogue().codes)


@pytest.mark.parametrize(
    ("indication", "product", "labelled"),
    [
        ("chronic_migraine", "BOTOX", True),
        ("chronic_migraine", "Dysport", False),
        ("cervical_dystonia", "Myobloc", True),
        ("hemifacial_spasm", "BOTOX", False),
        ("lower_limb_spasticity", "Xeomin", False),
        ("palmar_hyperhidrosis", "BOTOX", False),
    ],
)
def test_which_product_is_labelled_for_what(indication: str, product: str, labelled: bool):
    assert catalogue().indications[indication].labelling[product].labelled is labelled


@pytest.mark.parametrize(
    ("product", "sizes", "hours"),
    [
        ("BOTOX", [100, 200], 24),
        ("Dysport", [300, 500], 24),
        ("Xeomin", [50, 100, 200], 24),
        ("Myobloc", [2500, 5000, 10000], 4),
        ("Daxxify", [50, 100], 72),
    ],
)
def test_vials_and_hours_after_mixing(product: str, sizes: list[int], hours: int):
    entry = catalogue().products[product]

    assert [size.units for size in entry.sizes] == sizes
    assert entry.after_mixing_hours == hours
    assert entry.ready_made is (product == "Myobloc")


def test_the_ndc_of_a_vial_size():
    botox = catalogue().products["BOTOX"]

    assert botox.ndc_of(Decimal(200)) == "0023-3921-02"
    assert botox.size(Decimal(200)).verify
    assert botox.ndc_of(Decimal(150)) is None


def test_cosmetic_products_are_for_the_history_only():
    cosmetic = {id for id, entry in catalogue().products.items() if not entry.therapeutic}

    assert cosmetic == {"BOTOX Cosmetic", "Jeuveau", "Letybo"}


def test_every_usual_dilution_is_one_of_its_product_s():
    for indication in catalogue().indications.values():
        for entry in indication.usual_dilutions:
            assert entry in catalogue().products[entry.product].dilutions


# How much of what


def test_every_limit_of_the_reference_stands_in_the_catalogue_under_its_key():
    keys = {
        "ADULT", "PED", "PED-UL", "PED-LL", "PED-UL+LL", "SITE", "SCM", "BLEPH-30D", "BLEPH-SITE",
        "BLEPH-EU", "CD-EU", "ULS", "LLS", "CM", "AX",
    }  # fmt: skip
    dysport = {"SPAST", "ULS", "LLS", "CD", "PED-UL", "PED-LL1", "PED-LL2", "PED-ALL", "VOL"}

    assert {limit.id for limit in catalogue().dose_limits} == {
        *(f"MAX-BTX-{key}" for key in keys),
        *(f"MAX-DYS-{key}" for key in dysport),
        *("MAX-XEO", "MAX-XEO-BLEPH", "MAX-XEO-CD", "MAX-XEO-PED-UL"),
        *("MAX-MYO-CD", "MAX-MYO-SIAL", "MAX-DAX-CD"),
    }
    unjudged = {limit.id for limit in catalogue().dose_limits if not limit.rules}
    assert unjudged == {"MAX-MYO-SIAL"}


@pytest.mark.parametrize(
    ("indication", "product", "population", "muscles", "low", "high"),
    [
        ("upper_limb_spasticity", "BOTOX", "adult", "flexor_carpi_radialis", "12.5", "50"),
        ("upper_limb_spasticity", "Xeomin", "adult", "pronator_teres", "25", "75"),
        ("lower_limb_spasticity", "Dysport", "adult", "flexor_hallucis_longus", "70", "200"),
        ("lower_limb_spasticity", "BOTOX", "adult", "adductors", "75", "300"),
        ("cervical_dystonia", "Dysport", "any", "sternocleidomastoid", "50", "350"),
        ("cervical_dystonia", "BOTOX", "any", "longissimus", None, None),
        ("hemifacial_spasm", "BOTOX", "any", "platysma", "2.5", "5"),
        ("gustatory_sweating", "BOTOX", "any", "gustatory_Frey", None, None),
    ],
)
def test_the_range_of_a_muscle(indication, product, population, muscles, low, high):
    (entry,) = [
        entry
        for entry in catalogue().dose_ranges
        if (entry.indication, entry.product, entry.population) == (indication, product, population)
        and entry.muscles == (muscles,)
    ]

    assert entry.ends(None) == (low and Decimal(low), high and Decimal(high))


def test_the_range_of_a_child_goes_by_its_weight():
    (biceps,) = [
        entry
        for entry in catalogue().dose_ranges
        if (entry.population, entry.muscles) == ("child", ("biceps_brachii",))
    ]

    assert biceps.ends(Decimal(25)) == (Decimal("37.5"), Decimal(75))
    assert biceps.ends(None) == (None, None)


def test_what_nobody_has_read_of_doses_is_to_be_verified():
    for table in ("dose_limits", "dose_ranges", "child_weights"):
        for row in read_rows(table):
            if {"R-H", "R-M", "R-L", "unknown"} & set(row["source"].split()):
                assert row["verify"] == "yes"


# The check finds what is wrong


def copy_to(folder: Path) -> Path:
    return Path(shutil.copytree(FOLDER, folder / "catalogue"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("limits.csv", "S90 design", "S9999", "no source"),
        ("intervals.csv", "BOTOX,chronic_migraine", "Jeuveau,chronic_migraine", "to treat with"),
        ("intervals.csv", "BOTOX,chronic_migraine", "BOTOX,hiccups", "unknown indication"),
        ("intervals.csv", "84,warn,label", "84,stop,label", "unknown kind or severity"),
        ("intervals.csv", "84,warn,label", "84,warn,rumour", "unknown kind or severity"),
        ("intervals.csv", "84,warn,label", "0,warn,label", "no days"),
        ("payer_intervals.csv", "medicare,,", "barter,,", "unknown payer"),
        ("payer_intervals.csv", "medicare,Dysport", "medicare,Potion", "unknown product"),
        ("code_sides.csv", "G51.31", "G51.30", "an unknown code"),
        ("limits.csv", "interval_floor", "interval_roof", "missing, or nobody asks"),
        ("limits.csv", ",S90 design,", ",,", "no source"),
        ("limits.csv", "S90 design,B,no", "S90 design,A,no", "not the best grade"),
        ("diluents.csv", "R-H,recall,yes", "R-H,recall,no", "verify must be yes"),
        ("diluents.csv", "Ninguno, solución lista para usar", "", "label_es"),
        ("limits.csv", "region_reach,4,", "region_reach,four,", "cannot be read"),
        ("protocol_sites.csv", "PREEMPT-155,C_R,1,head_anterior@1,corrugator_R,corrugator,right,"
         "104.00,95.00,5", "PREEMPT-155,C_R,1,head_anterior@1,corrugator_R,corrugator,right,"
         "104.00,95.00,6", "156 U, not 155 U"),
        ("protocol_sites.csv", "corrugator,right,104.00", "corrugator,left,104.00",
         "not where it says"),
        ("protocol_sites.csv", "104.00,95.00", "104.00,60.00", "not where it says"),
        ("protocol_sites.csv", "corrugator,right,104.00", "soleus,right,104.00", "not offered"),
        ("protocols.csv", ",31,,,155,", ",32,,,155,", "31 sites, not 32"),
        ("protocols.csv", ",39,,,195,", ",39,,,194,", "195 U, not 194 U"),
        ("protocols.csv", "biceps_brachii,yes,,low_end,8,2,4,60", "biceps_brachii,yes,,low_end,8,"
         "3,4,60", "2 to 4 sites on the right"),
        ("protocols.csv", "yes,,low_end,8,2,4,60,,limb,60,", "yes,,low_end,8,2,4,60,,limb,70,",
         "not the low end"),
        ("protocols.csv", ",stated,31,", ",guessed,31,", "unknown way to plan"),
        ("protocols.csv", "no,PREEMPT-155,stated", "no,AX-50x10,stated", "stands beside"),
        ("protocols.csv", "child,2,17,,biceps_brachii,yes,,per_kg", "child,2,17,,biceps_brachii,"
         "yes,,low_end", "units per kg, or another way"),
        ("protocol_sites.csv", "UL-PED-BOTOX-biceps_brachii,biceps_brachii_1_R,1,"
         "upper_limb_anterior@1,biceps_R,biceps_brachii,right,103.00,124.00,,", "UL-PED-BOTOX-"
         "biceps_brachii,biceps_brachii_1_R,1,upper_limb_anterior@1,biceps_R,biceps_brachii,right,"
         "103.00,124.00,10,", "follow from the weight"),
        ("protocol_sites.csv", "biceps_brachii,right,103.00,124.00,30,15,50", "biceps_brachii,"
         "right,103.00,124.00,60,15,50", "above its range"),
        ("technique.csv", "chronic_migraine,onset,", "chronic_migraine,dawn,", "unknown topic"),
        ("technique.csv", "axillary_hyperhidrosis,risk,", "gustatory_sweating,risk,",
         "nothing on risk"),
        ("dilutions.csv", "BOTOX,100,2,5,", "BOTOX,100,2,6,", "is not what it gives"),
        ("region_muscles.csv", "head_anterior,procerus,midline,", "head_anterior,procerus,left,",
         "not the drawing's"),
        ("region_muscles.csv", "head_anterior,nasalis_L,left,nasalis,",
         "head_anterior,nasalis_L,left,nosalis,", "nosalis is not a muscle"),
        ("muscle_names.csv", "axilla,en,Armpit", "armpit,en,Armpit", "unknown muscle"),
        ("muscle_names.csv", "sole,en,Soles", "palm,en,Palms", "stands 2 times"),
        ("maps.csv", "axillae,1,", "axillae,2,", "not the current drawings"),
        ("indications.csv", "PREEMPT-155,BOTOX", "AX-50x10,BOTOX", "default protocol"),
        ("rules.toml", 'tags = "S81"', 'tags = "S404"', "no source"),
        ("rules.toml", "Falta en el registro: {missing}.", "Falta: {lost}.", "languages differ"),
        ("rules.toml", "[LOT-01]", "[LOT-99]", "has no function, or no text"),
        ("questions.csv", "fine_grip_work,contra", "fine_grip_work,kontra", "unknown group"),
        ("questions.csv", ",drugs_adding_weakness,Anti", ",lost,Anti", "is no combined question"),
        ("questions.csv", ",palm,", ",plam,", "plam is none of the muscles"),
        ("vials.csv", "BOTOX-200,BOTOX", "BOTOX-100,BOTOX", "stands 2 times"),
        ("rules.toml", 'at_signing = ["below"]', 'at_signing = ["beneath"]', "is no branch"),
        ("dose_limits.csv", "DOSE-02,BOTOX,adult", "DOSE-99,BOTOX,adult", "nobody knows DOSE-99"),
        ("dose_limits.csv", ",interval,84,400,", ",interval,,400,", "an interval has days"),
        ("dose_limits.csv", ",session,,155,", ",session,,,", "has units"),
        ("dose_limits.csv", ",,volume,,,,1.0,", ",,volume,,5,,1.0,", "a volume has mL"),
        ("dose_limits.csv", ",session,,195,", ",session,,0,", "no limit"),
        ("dose_limits.csv", ",session,,195,", ",session,,194,", "195 U is not MAX-BTX-CM EU"),
        ("dose_limits.csv", "MAX-XEO,,", "MAX-XEO-CD,,", "MAX-XEO-CD : stands 2 times"),
        ("dose_ranges.csv", "any,procerus,total,DOSE-08,5,5", "any,procerus,total,DOSE-08,4,5",
         "154 U, not 155 U"),
        ("dose_ranges.csv", "DOSE-08,40,50,,,8,10", "DOSE-08,40,50,,,8,11", "40 sites, not 39"),
        ("dose_ranges.csv", "adult,soleus,muscle,DOSE-05,330,500", "adult,soleus,muscle,DOSE-05,"
         "330,501", "1501 U, not 1500 U"),
        ("dose_ranges.csv", "adult,soleus,muscle,DOSE-05,75,75,,,3,3", "adult,soleus,muscle,"
         "DOSE-05,75,75,,,3,4", "17 sites, not 16"),
        ("dose_ranges.csv", "BOTOX,adult,soleus", "BOTOX,adult,masseter", "no map of the"),
        ("dose_ranges.csv", "DOSE-05,60,200", "DOSE-05,60,20", "60 to 20 is no range"),
        ("dose_ranges.csv", "DOSE-05,60,200,,,2,4,,,,label", "DOSE-05,60,200,,,2,4,,,,hearsay",
         "no words for hearsay"),
        ("child_weights.csv", "9,15,65,", "9,13,65,", "less than a year before"),
        ("child_weights.csv", "17,31,130,R-M design,design,yes\n", "", "not every year"),
        ("billed_as.csv", "blepharospasm,facial", "blepharospasm,facile", "no number is billed"),
        ("procedures.csv", "extremity,5,,first", "extremity,6,,first", "5 muscles fall under none"),
        ("procedures.csv", ",50,64612,", ",50,64616,", "does not say the same of it"),
        ("products.csv", "yes,,J0586,5,", "yes,,J0586,7,", "not a whole number of billing units"),
        ("code_sides.csv", "G51.31,right", "G51.31,left", "says another side"),
        ("code_notes.csv", "G35,not_billable", "G35,nothing", "unknown kind"),
        ("scale_levels.csv", "hit6,50,55", "hit6,51,55", "leave a gap"),
        ("scales.csv", "hit6,HIT-6,HIT-6,36,", "hit6,HIT-6,HIT-6,30,", "do not make its range"),
        ("payers.csv", ",JW,JZ,", ",JW,,", "but not for both"),
        ("payers.csv", "identity;diagnosis;headache_days", "identity;gold;headache_days", "gold"),
    ],
)  # fmt: skip
def test_the_check_finds_a_fault(tmp_path: Path, file: str, old: str, new: str, says: str):
    folder = copy_to(tmp_path)

    replace(folder / file, old, new)

    assert any(says in fault for fault in faults(folder)), faults(folder)


def test_the_check_finds_a_table_that_is_missing_or_that_nobody_reads(tmp_path: Path):
    folder = copy_to(tmp_path)
    (folder / "potions.csv").write_text("id\n", encoding="utf-8")
    (folder / "notes.txt").write_text("mind the gap\n", encoding="utf-8")
    (folder / "README.md").unlink()

    found = faults(folder)

    for said in ("potions.csv: nobody", "notes.txt: nobody", "README.md is missing"):
        assert any(said in fault for fault in found)


# What a tablet is given


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_tablet_is_given_plain_json_in_its_language(language: str):
    data = for_tablet(catalogue(), language)

    assert json.loads(json.dumps(data)) == data
    assert data["language"] == language
    assert data["version"] == catalogue().version
    assert set(data) == {
        "version", "language", "muscles", "regions", "maps", "products", "indications",
        "protocols", "site_columns", "diluents", "adverse_events", "needles",
    }  # fmt: skip


def test_a_tablet_is_given_every_current_map_with_its_regions():
    data = for_tablet(catalogue(), "en")

    assert [entry["ref"] for entry in data["maps"].values()] == list(MAPS)
    assert set(data["regions"]) == set(data["maps"])
    front = data["maps"]["head_anterior"]
    assert (front["tab"], front["viewer_left"], front["midline_x"]) == ("Front", "right", 120)
    assert data["regions"]["head_anterior"]["eyelid_L"] == {
        "side": "left",
        "muscles": [],
        "warn": "Do not inject: globe",
    }


def test_a_tablet_is_given_units_as_text():
    data = for_tablet(catalogue(), "es")

    first = data["protocols"]["AX-50x15"]["sites"][0]
    site = dict(zip(data["site_columns"], first, strict=True))
    assert (site["units"], site["x"], site["side"]) == ("3.34", "45.10", "right")
    assert site["optional"] == 0
    assert data["products"]["BOTOX"]["steps"] == ["2.5", "5", "10"]
    assert data["products"]["Myobloc"]["ready_made"] is True
    migraine = data["indications"]["chronic_migraine"]
    assert (migraine["brush_units"], migraine["label"]) == ("5", "Migraña crónica")
    assert migraine["dilutions"][0] == {
        "product": "BOTOX",
        "vial_units": "200",
        "diluent_ml": "4",
        "verify": False,
    }
    assert "Jeuveau" not in data["products"]


def test_a_tablet_is_given_what_a_block_of_a_limb_needs_and_no_more_than_it_can_carry():
    data = for_tablet(catalogue(), "en")

    biceps = data["protocols"]["UL-BOTOX-biceps_brachii"]
    assert (biceps["per_limb"], biceps["ages"], biceps["range"]) == (True, "adult", ["60", "200"])
    child = data["protocols"]["UL-PED-BOTOX-biceps_brachii"]
    assert (child["per_kg"], child["from_age"], child["to_age"]) == (["1.5", "3"], 2, 17)
    assert {site[data["site_columns"].index("units")] for site in child["sites"]} == {None}
    assert data["protocols"]["PREEMPT-FTP"]["add_on_to"] == "PREEMPT-155"
    assert "per_limb" not in data["protocols"]["PREEMPT-155"]
    assert len(json.dumps(data)) < 250_000


def test_every_muscle_map_and_region_warning_has_spanish_of_its_own():
    english, spanish = for_tablet(catalogue(), "en"), for_tablet(catalogue(), "es")

    for id, muscle in spanish["muscles"].items():
        same = muscle["label"] == english["muscles"][id]["label"]
        assert muscle["label"]
        assert not same or id == "iliopsoas"
    for id, region in spanish["regions"]["head_anterior"].items():
        assert bool(region["warn"]) == bool(english["regions"]["head_anterior"][id]["warn"])
