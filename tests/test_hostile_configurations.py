"""Configurations that nobody means, or that would kill: each is one line and exit code 2."""

import math
import random
import tomllib
from pathlib import Path

import pytest
import tomli_w

from analysis.command_line import main as cli
from analysis.design.config import DesignConfig, read_design
from analysis.reconstruction.config import ReconstructionConfig, read_reconstruction
from analysis.sensitivity.grid import GridFile, read_grid
from analysis.settings.config import RunConfig
from analysis.settings.config_faults import deepest
from analysis.settings.config_file import ConfigError, check_option, read_checked, read_config
from analysis.settings.sources import obtain_panel
from models.section import Seed

CONFIGS = Path(__file__).parents[1] / "configs"
FORMS = (RunConfig, GridFile, DesignConfig, ReconstructionConfig)
LIMITS = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
HEAD = "[panel]\nyears = [2024, 2025]\n"


def numbers_of(schema, place="", defined=None):
    """Every number of a JSON schema, with its place."""
    defined = schema.get("$defs", {}) if defined is None else defined
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        yield from numbers_of(defined[name], place, defined)
    if schema.get("type") in ("number", "integer"):
        yield place, schema
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        for one in schema.get(key, ()):
            yield from numbers_of(one, place, defined)
    for name, one in schema.get("properties", {}).items():
        yield from numbers_of(one, f"{place}.{name}", defined)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from numbers_of(schema[key], f"{place}[]", defined)


@pytest.mark.parametrize("form", FORMS)
def test_every_number_of_every_configuration_has_finite_bounds(form):
    found = list(numbers_of(form.model_json_schema()))

    assert len(found) >= 6
    for place, schema in found:
        for limits in LIMITS:
            bound = [schema[name] for name in limits if name in schema]
            assert bound, f"{form.__name__}{place} has no {' or '.join(sorted(limits))}"
            assert math.isfinite(bound[0]), place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; wanted a configuration of `effectiveness run`"),
        ("# nothing", "is empty"),
        ("[sampler]\ndraws = 1000000000", "sampler.draws = 1000000000: wanted a number of at mo"),
        ('[sampler]\ndraws = "1000"', "sampler.draws = '1000': wanted a whole number."),
        ("[sampler]\ndraws = 1000.0", "sampler.draws = 1000.0: wanted a whole number."),
        ("[sampler]\ndraws = true", "sampler.draws = true: wanted a whole number."),
        ("[sampler]\nseed = -1", "sampler.seed = -1: wanted a number of at least 0."),
        ("[sampler]\nseed = 99999999999999999999", "wanted a number below 2147483648"),
        ("[sampler]\nseed = 0x" + "f" * 6000, "= a number of very many digits: wanted a numb"),
        ("[sampler]\nseed = " + "9" * 5000, "cannot be read as TOML: Exceeds the limit"),
        ("[sampler]\niterations = 5", "iterations: there is no such key. Keys are chains"),
        ("[model.priors]\nlevel = inf", "model.priors.level = inf: wanted a finite number"),
        ("[model.priors]\nlevel = nan", "model.priors.level = nan: wanted a finite number"),
        ("[model.priors]\nlink_concentration = 1e300", "wanted a number of at most 10000"),
        ("[model.priors]\nfirst_cutpoint_mean = -1e9", "wanted a number of at least -100"),
        ("[model.weights]\ncla_dental = inf", "model.weights.cla_dental = inf: wanted a fin"),
        ("[evidence]\nsimulated_panels = 1000000000", "wanted a number of at most 10000."),
        ('[panel]\nyears = "2021-2025"', "panel.years = '2021-2025': wanted a list in brackets."),
        ("[panel]\nyears = 2021", "panel.years = 2021: wanted a list in brackets."),
        ("[panel]\nyears = [2021, 2021]", "panel.years = [2021, 2021]: wanted each year once."),
        ("[panel]\nyears = [99999]", "panel.years.0 = 99999: wanted a number of at most 2100."),
        ("[panel]\nlag = [3, 1]", "panel.lag = [3, 1]: wanted two numbers of years"),
        ('panel = "published"', "panel = 'published': wanted a table."),
        ("[model]\nregion = 1", "model.region = 1: wanted true or false."),
        ("[model]\nweights = 3", "model.weights = 3: wanted 'equal' or 'domain_equal' or a tabl"),
        (
            "[[panel.drop]]\nauthority = 'X'\nstart = 2020-01-01\nend = 9999-12-31",
            "panel.drop.0.end = 9999-12-31: wanted a day such as 2023-03-31, from 1900",
        ),
        ("[[panel.drop]]\nauthority = 'X'", "panel.drop.0.start: is missing; wanted a value."),
        ("[evidence]\ncutoff = 9999-12-31", "evidence.cutoff = 9999-12-31: wanted a day"),
        ("[evidence]\ncutoff = 2020-01-01T10:00:00", "wanted a day such as 2023-03-31"),
        ("[model.inspection]\npublished_from = 1500-01-01", "wanted a day such as 2023-03-31"),
        ('title = "a\\rb"\n' + HEAD, "title holds a control character (\\r); wanted plain text"),
        ('[panel]\n"a\\u0007" = 1', "holds a control character (\\x07)"),
        ("a = " + "[" * 1000 + "]" * 1000, "brackets within brackets, more than 20 deep"),
        ("a = " + "{a = " * 1000, "brackets within brackets"),
        (f"[panel]\nsource = '{'x' * 500}'", "no such file. Say 'simulated', 'published'"),
        ("[panel]\ncatalogue = '../'", "panel.catalogue = '../': no such file."),
        ("[axes.a]\nx = {}", "is a configuration of `effectiveness sensitivity`; wanted one of"),
        ("[sampler]\ndraws = 0\ntune = 0\nchains = 0", "tune = 0: wanted a number of at least 1"),
    ],
)
def test_a_configuration_that_nobody_means_is_one_line_and_exit_2(
    tmp_path, capsys, monkeypatch, text, said
):
    path = tmp_path / "run.toml"
    path.write_text(text, "utf-8")
    answer = cli.app
    monkeypatch.setattr(cli, "app", lambda: answer(["run", str(path)]))

    with pytest.raises(SystemExit) as left:
        cli.main()

    assert left.value.code == 2
    told = capsys.readouterr().err.strip()
    assert said in told
    assert told.startswith(f"effectiveness: {path}: ")
    assert "\n" not in told
    assert len(told) < 1000
    assert not [one for one in ("Input should", "tuple", "dictionary") if one in told]


def test_every_fault_is_told_up_to_five(tmp_path):
    path = tmp_path / "run.toml"
    keys = ("chains", "tune", "draws", "cores", "seed", "engine")
    path.write_text("[sampler]\n" + "\n".join(f"{key} = -1" for key in keys), "utf-8")

    with pytest.raises(ConfigError, match="And 1 more fault") as caught:
        read_config(path)
    assert all(f"sampler.{key} = -1: wanted" in str(caught.value) for key in keys if key != "seed")


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())

    assert read_config(path).panel.years == (2024, 2025)


def test_a_file_that_is_no_text_or_far_too_large_is_refused(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"title = '\xff'")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        read_config(path)
    path.write_text("a = 1\n" * 200_000)
    with pytest.raises(ConfigError, match="is larger than 1,000,000 bytes"):
        read_config(path)
    with pytest.raises(ConfigError, match="is a folder"):
        read_config(tmp_path)


@pytest.mark.parametrize("read", [read_grid, read_design, read_reconstruction])
def test_a_runs_configuration_is_refused_by_the_other_commands(read):
    with pytest.raises(ConfigError, match="is a configuration of `effectiveness run`; wanted one"):
        read(CONFIGS / "demo.toml")


def test_a_grid_that_could_not_be_listed_is_refused(tmp_path):
    (tmp_path / "base.toml").write_text(HEAD)
    path = tmp_path / "grid.toml"
    axes = "".join(f"[axes.a{n}]\nx = {{}}\ny = {{}}\nz = {{}}\n" for n in range(20))
    path.write_text('base = "base.toml"\n' + axes)

    with pytest.raises(ConfigError, match="make 6,973,568,802 specifications; wanted at most"):
        read_grid(path)


def test_brackets_in_text_and_comments_are_not_counted():
    assert deepest('a = "[[["  # [[[[\nb = [[1], {c = \'[[[\'}]\nd = """[\\"[[[""" # [') == 2


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_of_the_command_line_is_held_to_the_same_bounds(seed):
    with pytest.raises(ConfigError, match=f"--seed {seed}: wanted a number"):
        check_option("--seed", seed, Seed)


def test_a_folder_of_files_for_a_simulation_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'simulated' reads no published file"):
        obtain_panel(RunConfig(), tmp_path)


def test_authorities_are_left_out_by_code_or_name_and_not_all():
    panel = obtain_panel(RunConfig.model_validate({"panel": {"years": [2025]}}))
    code, name = str(panel.authority.values[0]), str(panel.authority_name.values[0])

    def excluded(*wanted):
        section = {"years": [2025], "exclude": list(wanted)}
        return obtain_panel(RunConfig.model_validate({"panel": section})).authority.values.tolist()

    assert excluded(code) == excluded(name.upper()) == panel.authority.values[1:].tolist()
    with pytest.raises(ValueError, match=r"panel\.exclude names every authority"):
        excluded(*map(str, panel.authority.values))
    with pytest.raises(ValueError, match=f"Did you mean {name!r}"):
        excluded(name[:-1])


def mutated(told, rng):
    """A configuration with one value at random put otherwise."""
    places = []

    def walk(one, place):
        items = one.items() if isinstance(one, dict) else enumerate(one)
        for key, value in list(items):
            places.append((one, key))
            if isinstance(value, dict | list):
                walk(value, (*place, key))

    walk(told, ())
    where, key = rng.choice(places)
    strange = [
        *(-1, 0, 10**9, 10**40, -0.5, 1e300, -1e-300, math.inf, math.nan, True, "", "x" * 500),
        *("1000", "a\rb", [], [[]], {}, {"a": {"b": 1}}, [1, "a"], [0] * 50),
    ]
    if isinstance(where, dict) and rng.random() < 0.2:
        where[f"{key}{rng.choice(['s', '_', ' '])}"] = where.pop(key)
    else:
        where[key] = rng.choice(strange)
    return told


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("england.toml", RunConfig),
        ("england_dynamic.toml", RunConfig),
        ("sensitivity.toml", GridFile),
        ("design_england_repeats.toml", DesignConfig),
        ("reconstruction_2016.toml", ReconstructionConfig),
    ],
)
def test_a_mutated_configuration_is_read_or_refused_in_one_line(tmp_path, name, form):
    rng = random.Random(7)
    whole = (CONFIGS / name).read_text("utf-8")
    if form is RunConfig:
        whole = read_config(CONFIGS / name).to_toml()
    path = tmp_path / "mutated.toml"
    refused = []
    for _ in range(60):
        path.write_text(tomli_w.dumps(mutated(tomllib.loads(whole), rng)), "utf-8")
        try:
            read_checked(path, form)
        except ConfigError as error:
            refused.append(str(error))
    assert len(refused) >= 20
    assert not [told for told in refused if "\n" in told or len(told) > 3000]
