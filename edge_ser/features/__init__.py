"""Streaming features by openSMILE."""

from edge_ser.features.sets import FeatureSet, feature_set
from edge_ser.features.stream import FeatureStream

__all__ = ["FeatureSet", "FeatureStream", "feature_set"]
