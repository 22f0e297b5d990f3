"""kill -9 at random instants under load, from before the start is over to a second after."""

import time

from workload import Site


def run(seed, long):
    kills = 310 if long else 30
    with Site(seed) as site:
        site.publish()
        for _ in range(kills):
            server = site.start(wait=site.dice.random() < 0.8)
            time.sleep(site.dice.uniform(0.0, 0.8))
            site.kill(server)
        server = site.start()
        site.publisher.end()
        site.settle(server)
        return {"kills": kills, **site.judge()}
