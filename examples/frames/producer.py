# Sends frames of moving waves through the channel "frames": `producer.py [COUNT]`, for ever without a count.
# SPDX-License-Identifier: MIT
import itertools
import sys
import time

import numpy
import samepage

WIDTH, HEIGHT = 160, 96
HEAD_BYTES = 12
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else None

y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
with samepage.Channel("frames") as channel:
    for number in itertools.islice(itertools.count(1), COUNT):
        with channel.borrow(HEAD_BYTES + WIDTH * HEIGHT) as loan:
            # The message's own memory: nothing is copied on its way.
            head = numpy.frombuffer(loan, "<u4", 3)
            pixels = numpy.frombuffer(loan, "u1", offset=HEAD_BYTES).reshape(HEIGHT, WIDTH)
            head[:] = number, WIDTH, HEIGHT
            pixels[:] = 127.5 + 127.5 * numpy.sin(x / 9 + number / 7) * numpy.cos(y / 6 - number / 11)
            del head, pixels
            loan.publish()
        time.sleep(1 / 30)
