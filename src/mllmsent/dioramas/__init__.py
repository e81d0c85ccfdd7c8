"""The sample dataset: drawn scenes whose causes of emotion are known, and simulated models.

make_dioramas(Path("dioramas"), n=300, seed=7)      a dataset that needs no download
explain(scene), feeling(scene)                      why a scene feels as it does
SimulatedMLLM("keen").answer(scene, "...")          a program that answers with planted faults
"""

from mllmsent.dioramas.annotators import annotate, annotator_pool
from mllmsent.dioramas.causes import Contribution, Feeling, explain, feeling
from mllmsent.dioramas.describe import TrueReading, describe, true_reading
from mllmsent.dioramas.make import dioramas_dataset, make_dioramas
from mllmsent.dioramas.oracle import OracleScore, oracle_scores
from mllmsent.dioramas.painting import load_masks
from mllmsent.dioramas.reading_score import FieldScore, score_reading
from mllmsent.dioramas.render import Masks, render, render_masks, scene_svg
from mllmsent.dioramas.sampling import Diorama, sample_diorama, sample_scene
from mllmsent.dioramas.scene import DIORAMAS_VERSION, FACTORS, Scene, Subject
from mllmsent.dioramas.scene_file import SCENE_FILE, read_scenes
from mllmsent.dioramas.simulated.answering import DioramaAnswerer
from mllmsent.dioramas.simulated.mllm import SIMULATION_VERSION, SimulatedMLLM
from mllmsent.dioramas.simulated.profiles import get_profile, profile_names
from mllmsent.dioramas.simulated.systems import BlindSpot, SystemSpec, simulate_systems

__all__ = [
    "DIORAMAS_VERSION",
    "FACTORS",
    "SCENE_FILE",
    "SIMULATION_VERSION",
    "BlindSpot",
    "Contribution",
    "Diorama",
    "DioramaAnswerer",
    "Feeling",
    "FieldScore",
    "Masks",
    "OracleScore",
    "Scene",
    "SimulatedMLLM",
    "Subject",
    "SystemSpec",
    "TrueReading",
    "annotate",
    "annotator_pool",
    "describe",
    "dioramas_dataset",
    "explain",
    "feeling",
    "get_profile",
    "load_masks",
    "make_dioramas",
    "oracle_scores",
    "profile_names",
    "read_scenes",
    "render",
    "render_masks",
    "sample_diorama",
    "sample_scene",
    "scene_svg",
    "score_reading",
    "simulate_systems",
    "true_reading",
]
