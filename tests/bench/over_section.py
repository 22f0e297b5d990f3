"""This build beside another one: what a change costs, or gains."""

import copy
from statistics import median

import config
from measure import beside_wrk, publish_and_drain
from programs import BenchError, Carillond, Nginx
from sections import publish_bench


def contexts(ctx):
    """The other build and this one, as sections see them."""
    if ctx.over is None:
        raise BenchError("say with --over DIR where the programs of the other build are")
    other = copy.copy(ctx)
    other.bin = ctx.over
    return (("other", other), ("this", ctx))


def serve(ctx, name, layout, **settings):
    return Carillond(ctx.bin, ctx.dir, name, *map(list, layout), **settings)


def over(ctx):
    """Deliveries (fan-out 10) and single-event publishing of this build, with a token, the delivery
    log and statistics, over those of another, which has its defaults and no token: by turns, the
    median of the pairs."""
    events, seconds = (20_000, 2) if ctx.quick else (80_000, 4)
    ratios = {"deliveries": [], "cpu": [], "unary": []}
    with Nginx(ctx.dir) as nginx:
        for pair in range(2 * ctx.rounds + 1):
            paces, rates = [], []
            for name, each in contexts(ctx):
                settings = config.with_token(ctx.dir) if each is ctx else {}
                token = {"token": config.TOKEN} if settings else {}
                place = f"over-{pair}-{name}"
                with serve(each, place, config.fan_out(nginx.url, 10), **settings) as server:
                    publish_and_drain(each, server, 1000, 10)
                    paces.append(beside_wrk(ctx, nginx.url, lambda s=server, c=each: publish_and_drain(
                        c, s, events, 10))[0])
                with serve(each, place + "-unary", ((), ()), **settings) as server:
                    publish_bench(each, server.address, callers=256, seconds=1, **token)
                    rates.append(publish_bench(each, server.address, callers=256, seconds=seconds,
                                               **token)["per_second"])
            ratios["deliveries"].append(paces[1]["per_second"] / paces[0]["per_second"])
            ratios["cpu"].append(paces[1]["cpu_us"] / paces[0]["cpu_us"])
            ratios["unary"].append(rates[1] / rates[0])
            print({name: round(each[-1], 3) for name, each in ratios.items()}, flush=True)
    return {f"over_{name}_ratio": median(each) for name, each in ratios.items()}


SECTIONS = {"over": over}
