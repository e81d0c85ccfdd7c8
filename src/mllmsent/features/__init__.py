"""What can be measured in a picture without a model: color, light, contrast, texture, composition, faces.

    measure(open_image(data))                    # name to number
    measure_items(load_dataset("bass", root=...))   # a row per item

Needs `pip install 'mllmsent[features]'` (OpenCV, scikit-image).
"""

from mllmsent.features.catalog import Feature, feature_names, features
from mllmsent.features.measuring import measure, measure_items, measure_refs

__all__ = ["Feature", "feature_names", "features", "measure", "measure_items", "measure_refs"]
