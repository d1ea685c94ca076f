"""Encoders: from values and timestamps to SDRs with a constant number of active bits."""

from zhtm_detector.htm.encoders.date import DateEncoder, as_datetime, day_of_year, time_of_day, wall_clock
from zhtm_detector.htm.encoders.encoder import Encoder
from zhtm_detector.htm.encoders.multi import MultiEncoder
from zhtm_detector.htm.encoders.random_distributed import RandomDistributedScalarEncoder
from zhtm_detector.htm.encoders.scalar import ScalarEncoder

__all__ = [
    "DateEncoder",
    "Encoder",
    "MultiEncoder",
    "RandomDistributedScalarEncoder",
    "ScalarEncoder",
    "as_datetime",
    "day_of_year",
    "time_of_day",
    "wall_clock",
]
