"""Ready-made figures of marketing by name: what each is, by which formula, where it holds, and who defines it so.

Each is written out before anything is computed (`functions.expand`), so its formula here is all that it does, and what
moves its arguments moves it by the derivatives of that formula.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mpmflow.model.expressions import Amount, Binary, Expression, Function
from mpmflow.model.quantities import Quantity

from .function_entries import Expansion, ExpressionFunction, UnitRule

_Arguments = tuple[Expression, ...]
FARRIS = "Farris, Bendle, Pfeifer & Reibstein, *Marketing Metrics*, 2nd ed. 2010"
GUPTA = "Gupta & Lehmann, “Customers as Assets”, *Journal of Interactive Marketing* 17(1), 2003"
SKOK = "Skok, “SaaS Metrics 2.0: Detailed Definitions”, 2013"


def _of(operator: Literal["+", "-", "*", "/", "^"], left: Expression, right: Expression) -> Expression:
    return Binary.model_construct(kind="binary", operator=operator, left=left, right=right)


_ONE: Expression = Amount.model_construct(kind="amount", value=Quantity.model_construct(value=Fraction(1), unit=""))


def _gain(a: _Arguments) -> Expression:
    return _of("/", _of("-", a[0], a[1]), a[1])


def _quotient(a: _Arguments) -> Expression:
    return _of("/", a[0], a[1])


def _romi(a: _Arguments) -> Expression:
    return _of("/", _of("-", _of("*", a[0], a[1]), a[2]), a[2])


def _margin(a: _Arguments) -> Expression:
    return _of("/", _of("-", a[0], a[1]), a[0])


def _break_even(a: _Arguments) -> Expression:
    return _of("/", a[0], _of("-", a[1], a[2]))


def _win_rate(a: _Arguments) -> Expression:
    return _of("/", a[0], _of("+", a[0], a[1]))


def _coverage(a: _Arguments) -> Expression:
    return _of("/", a[0], a[1] if len(a) == 2 else _of("-", a[1], a[2]))


def _velocity(a: _Arguments) -> Expression:
    return _of("/", _of("*", _of("*", a[0], a[1]), a[2]), a[3])


def _clv(a: _Arguments) -> Expression:
    margin = _of("*", a[0], a[1])
    if len(a) == 3:
        return _of("/", margin, a[2])
    return _of("/", _of("*", margin, _of("+", _ONE, a[3])), _of("+", a[2], a[3]))


def _residual_clv(a: _Arguments) -> Expression:
    return _of("/", _of("*", _of("*", a[0], a[1]), _of("-", _ONE, a[2])), _of("+", a[2], a[3]))


def _clv_within(a: _Arguments) -> Expression:
    kept = _of("/", _of("-", _ONE, a[2]), _of("+", _ONE, a[3]))
    whole = _of("/", _of("-", _ONE, _of("^", kept, a[4])), _of("-", _ONE, kept))
    return _of("*", _of("*", a[0], a[1]), whole)


def _retention(a: _Arguments) -> Expression:
    return _of("-", _ONE, _quotient(a))


def _gross_churn(a: _Arguments) -> Expression:
    return _of("/", _of("+", a[0], a[1]), a[2])


def _net_churn(a: _Arguments) -> Expression:
    return _of("/", _of("-", _of("+", a[0], a[1]), a[2]), a[3])


def _net_retention(a: _Arguments) -> Expression:
    return _of("-", _ONE, _net_churn(a))


def _nps(a: _Arguments) -> Expression:
    return _of("/", _of("-", a[0], a[1]), a[2])


def _growth(a: _Arguments) -> Expression:
    before = Function.model_construct(kind="function", function="lag", arguments=a)
    return _of("/", _of("-", a[0], before), before)


def _kpi(
    name: str,
    arguments: str,
    unit: UnitRule,
    meaning: str,
    formula: str,
    expand: Expansion,
    valid: str,
    source: str,
    *,
    kinds: str = "",
    fewest: int | None = None,
) -> ExpressionFunction:
    """An entry: `arguments` are named in one line, `kinds` says what they are where they are not all plain values;
    with `fewest`, the last ones may be left out.
    """
    named = tuple(arguments.split())
    of_kind = tuple(kinds.split()) or ("value",) * len(named)
    lengths = range(fewest or len(named), len(named) + 1)
    return ExpressionFunction(
        name,
        tuple(of_kind[:length] for length in lengths),
        unit,
        "kpi",
        meaning,
        formula,
        expand=expand,
        arguments=named,
        valid=valid,
        source=source,
    )


KPIS: tuple[ExpressionFunction, ...] = (
    # ---- what marketing brings
    _kpi(
        "roi",
        "gain cost",
        "share",
        "Return on investment: what was gained over what was spent on it.",
        "(gain - cost) / cost",
        _gain,
        "The gain is the profit before the cost, of the same time as the cost. -100% means that all of it was lost.",
        f"{FARRIS}, ch. 10",
    ),
    _kpi(
        "romi",
        "revenue margin spend",
        "share",
        "Return on marketing investment: the margin on the revenue that marketing brought, over the spend.",
        "(revenue x margin - spend) / spend",
        _romi,
        "Only revenue that would not have come without the spend; the margin is that of contribution, not of profit.",
        f"{FARRIS}, ch. 10; Lenskold, *Marketing ROI*, 2003",
        kinds="value share value",
    ),
    _kpi(
        "roas",
        "revenue spend",
        "count",
        "Return on ad spend: revenue for one of money spent.",
        "revenue / spend",
        _quotient,
        "Leaves the costs of what was sold aside: below 1 / margin it loses money although it looks like a gain.",
        "as ad platforms report it: conversion value / cost",
    ),
    _kpi(
        "margin",
        "revenue cost",
        "share",
        "Margin: what is left of the revenue once the costs of what was sold are paid.",
        "(revenue - cost) / revenue",
        _margin,
        "With variable costs it is the contribution margin that `romi` and `clv` ask for.",
        f"{FARRIS}, ch. 3",
    ),
    _kpi(
        "payback",
        "cost gain",
        "count",
        "Payback: how many periods it takes until the gain of each has repaid the cost.",
        "cost / gain of a period",
        _quotient,
        "The gain stays as it is and is not discounted. With `cac` and the margin of a customer it is the months to "
        "recover what a customer cost.",
        f"{FARRIS}, ch. 10; {SKOK}",
    ),
    _kpi(
        "break_even",
        "fixed price variable",
        "quotient",
        "Break-even: how many must be sold until the fixed costs are covered.",
        "fixed / (price - variable cost of one)",
        _break_even,
        "The price must lie above the variable cost.",
        f"{FARRIS}, ch. 3",
    ),
    # ---- what one thing costs
    _kpi(
        "cost_per",
        "cost things",
        "quotient",
        "Cost of one thing, such as a lead or a sale.",
        "cost / things",
        _quotient,
        "Cost and things of the same time: where things come months after the cost, shift one of them by `lag`.",
        f"{FARRIS}, ch. 9",
    ),
    _kpi(
        "cac",
        "spend customers",
        "quotient",
        "Customer acquisition cost: what it costs to win one customer.",
        "spend / new customers",
        _quotient,
        "Blended: all spend on sales and marketing over all new customers. Paid: paid media over the customers that "
        "came by it. Say in the label which one it is.",
        f"{FARRIS}, ch. 5; {SKOK}",
    ),
    # ---- the way to a sale
    _kpi(
        "conversion",
        "converted all",
        "share",
        "Share that goes on to the next stage.",
        "converted / all",
        _quotient,
        "Both counted of the same people or of the same time; the second way may exceed 100% while volumes fall.",
        f"{FARRIS}, ch. 9",
    ),
    _kpi(
        "win_rate",
        "won lost",
        "share",
        "Share of decided opportunities that were won, by number or by value.",
        "won / (won + lost)",
        _win_rate,
        "What is still open counts on neither side. With deals it is the rate by number, with money that by value.",
        f"{FARRIS}, ch. 6",
    ),
    _kpi(
        "pipeline_contribution",
        "sourced pipeline",
        "share",
        "Part of the pipeline that marketing brought in (sourced), or had a hand in (influenced).",
        "sourced / pipeline",
        _quotient,
        "Sourced: the first touch was marketing's; influenced: any touch. The second includes the first, so the two "
        "never add up.",
        "SiriusDecisions (Forrester), *Demand Waterfall*, 2012",
    ),
    _kpi(
        "pipeline_coverage",
        "pipeline quota won",
        "count",
        "Pipeline coverage: how many times the open pipeline covers what is still to be sold.",
        "pipeline / (quota - won)",
        _coverage,
        "Without `won` the whole quota is still to be sold. Enough is 1 / win rate by value, not three times by rule.",
        f"{FARRIS}, ch. 6",
        fewest=2,
    ),
    _kpi(
        "pipeline_velocity",
        "deals value win_rate cycle",
        "first per time",
        "Pipeline velocity: the revenue that the open deals bring in a time.",
        "deals x value x win rate / cycle",
        _velocity,
        "In a steady pipeline: by Little's law, deals / cycle is how many are decided in a time.",
        "Little, “A Proof for the Queuing Formula L = λW”, *Operations Research* 9(3), 1961",
        kinds="value value share time",
    ),
    _kpi(
        "share_of",
        "part whole",
        "share",
        "A part of a whole: share of market, of voice, of wallet, of preference.",
        "part / whole",
        _quotient,
        "Part and whole in one measure (units or revenue) and one market; say which in the label.",
        f"{FARRIS}, ch. 2",
    ),
    _kpi(
        "relative_share",
        "own largest",
        "count",
        "Relative market share: one's own over that of the largest competitor.",
        "own / largest competitor",
        _quotient,
        "Above 1 only for the leader of the market.",
        f"{FARRIS}, ch. 2",
    ),
    # ---- customers
    _kpi(
        "clv",
        "revenue margin churn discount",
        "first",
        "Customer lifetime value of a customer who pays now: revenue per customer and period, its margin, the share "
        "that leaves and the discount of a period.",
        "revenue x margin x (1 + discount) / (churn + discount)",
        _clv,
        "Margin, churn and discount stay as they are, all of one period; churn + discount above 0. What winning the "
        "customer cost is not taken off.",
        f"{GUPTA}; {FARRIS}, ch. 5",
        kinds="value share share share",
        fewest=3,
    ),
    _kpi(
        "residual_clv",
        "revenue margin churn discount",
        "first",
        "What a customer who has just paid is still worth: lifetime value without the payment of now.",
        "revenue x margin x (1 - churn) / (churn + discount)",
        _residual_clv,
        "As `clv`, which is this and one margin more.",
        f"{FARRIS}, ch. 5",
        kinds="value share share share",
    ),
    _kpi(
        "clv_within",
        "revenue margin churn discount periods",
        "first",
        "Customer lifetime value of the first payments only, such as the next 12 months.",
        "revenue x margin x (1 - q^periods) / (1 - q), q = (1 - churn) / (1 + discount)",
        _clv_within,
        "As `clv`, which it comes to as the periods grow; churn + discount above 0.",
        f"{GUPTA}, for a finite time",
        kinds="value share share share number",
    ),
    _kpi(
        "churn",
        "lost customers",
        "share",
        "Share of customers that left.",
        "lost / customers at the start",
        _quotient,
        "Those who came in the period count neither as lost nor among the customers at the start.",
        f"{FARRIS}, ch. 5",
    ),
    _kpi(
        "retention",
        "lost customers",
        "share",
        "Share of customers that stayed: what churn leaves.",
        "1 - lost / customers at the start",
        _retention,
        "As `churn`.",
        f"{FARRIS}, ch. 5",
    ),
    _kpi(
        "gross_churn",
        "lost shrunk revenue",
        "share",
        "Gross revenue churn: revenue of those who left, and what those who stayed pay less.",
        "(lost + shrunk) / revenue at the start",
        _gross_churn,
        "Recurring revenue of the customers at the start; never above 100%.",
        SKOK,
    ),
    _kpi(
        "net_churn",
        "lost shrunk grown revenue",
        "share",
        "Net revenue churn: the gross one, less what those who stayed pay more.",
        "(lost + shrunk - grown) / revenue at the start",
        _net_churn,
        "Below 0 where those who stay grow by more than is lost: then no `clv` can be worked out with it.",
        SKOK,
    ),
    _kpi(
        "net_retention",
        "lost shrunk grown revenue",
        "share",
        "Net revenue retention: what the revenue of the customers at the start has become.",
        "1 - (lost + shrunk - grown) / revenue at the start",
        _net_retention,
        "As `net_churn`; may exceed 100%.",
        SKOK,
    ),
    _kpi(
        "nps",
        "promoters detractors answers",
        "share",
        "Net promoter score: promoters (9 or 10 of 10) less detractors (0 to 6), of all who answered.",
        "(promoters - detractors) / answers",
        _nps,
        "From -100% to 100%; a score of 30 is 30%. Few answers scatter widely.",
        "Reichheld, “The One Number You Need to Grow”, *Harvard Business Review* 81(12), 2003",
    ),
    _kpi(
        "growth",
        "value span",
        "share",
        "How much a value has grown over a span, as a part of what it was.",
        "(x(t) - x(t - span)) / x(t - span)",
        _growth,
        "The value before must be above 0. A span of a year takes out what comes back each year.",
        f"{FARRIS}, ch. 4",
        kinds="value span",
    ),
)
"""In the order of the reference: what marketing brings, what it costs, the way to a sale, customers."""
