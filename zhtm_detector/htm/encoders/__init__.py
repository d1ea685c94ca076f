"""Encoders: from values and timestamps to SDRs with a constant number of active bits."""

from zhtm_detector.htm.encoders.adaptive import AdaptiveScalarEncoder
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder
from zhtm_detector.htm.encoders.category import CategoryEncoder, SDRCategoryEncoder
from zhtm_detector.htm.encoders.coordinate import CoordinateEncoder, GeospatialEncoder
from zhtm_detector.htm.encoders.date import DateEncoder, as_datetime, day_of_year, time_of_day, wall_clock
from zhtm_detector.htm.encoders.delta import DeltaEncoder
from zhtm_detector.htm.encoders.document import SimHashDocumentEncoder
from zhtm_detector.htm.encoders.encoder import Encoder, known_encoders
from zhtm_detector.htm.encoders.grid_cell import GridCellEncoder
from zhtm_detector.htm.encoders.log import LogEncoder
from zhtm_detector.htm.encoders.multi import MultiEncoder
from zhtm_detector.htm.encoders.pass_through import PassThroughEncoder, SparsePassThroughEncoder
from zhtm_detector.htm.encoders.random_distributed import RandomDistributedScalarEncoder
from zhtm_detector.htm.encoders.scalar import ScalarEncoder

__all__ = [
    "AdaptiveScalarEncoder",
    "Bucket",
    "BucketEncoder",
    "CategoryEncoder",
    "CoordinateEncoder",
    "DateEncoder",
    "DeltaEncoder",
    "Encoder",
    "GeospatialEncoder",
    "GridCellEncoder",
    "LogEncoder",
    "MultiEncoder",
    "PassThroughEncoder",
    "RandomDistributedScalarEncoder",
    "SDRCategoryEncoder",
    "ScalarEncoder",
    "SimHashDocumentEncoder",
    "SparsePassThroughEncoder",
    "as_datetime",
    "day_of_year",
    "known_encoders",
    "time_of_day",
    "wall_clock",
]
