"""Project `pictures`: images with boxes and masks, and tables with media, as the unmodified wandb client logs them."""

import atexit
import os
import shutil
import tempfile

# Nothing of the person who runs this is read or written.
private = tempfile.mkdtemp(prefix="gradus-ui-pictures-")
atexit.register(shutil.rmtree, private, ignore_errors=True)
for variable in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR"):
    os.environ[variable] = private
os.environ.update(NETRC=f"{private}/netrc", WANDB_ERROR_REPORTING="false", WANDB_DISABLE_GIT="true")
os.chdir(private)

import wave  # noqa: E402

import numpy as np  # noqa: E402
import wandb  # noqa: E402

random = np.random.default_rng(5)
labels = {0: "ground", 1: "cat", 2: "dog"}
width, height = 64, 48


def pixels(shade):
    """A sloping grey, so that what lies over it is seen."""
    slope = np.linspace(30, 90, width)[None, :, None] + np.linspace(0, 60, height)[:, None, None]
    return np.clip(slope + shade + random.random((height, width, 3)) * 20, 0, 255).astype("uint8")


def labelled(shade):
    mask = np.zeros((height, width), dtype=int)
    mask[10:30, 6:30] = 1
    mask[22:44, 34:60] = 2
    cat = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.625}, "class_id": 1, "box_caption": "cat 0.9"}
    dog = {"position": {"middle": [47, 33], "width": 28, "height": 24}, "domain": "pixel", "class_id": 2}
    true_cat = {"position": {"minX": 0.12, "maxX": 0.48, "minY": 0.2, "maxY": 0.65}, "class_id": 1}
    return wandb.Image(
        pixels(shade),
        caption="a cat and a dog",
        boxes={
            "predictions": {"box_data": [cat, dog], "class_labels": labels},
            "truth": {"box_data": [true_cat], "class_labels": labels},
        },
        masks={"parts": {"mask_data": mask, "class_labels": labels}},
    )


def tone(name):
    with wave.open(name, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((9000 * np.sin(np.arange(4000) / 5)).astype("<i2").tobytes())
    return wandb.Audio(name)


def table(step):
    found = wandb.Table(columns=["id", "picture", "sound", "page", "score"])
    for row in range(40):
        picture = labelled(20 * step) if row % 2 == 0 else wandb.Image(pixels(3 * row))
        page = wandb.Html(f"<h1>page of row {row}</h1>")
        found.add_data(row, picture, tone("tone.wav"), page, (row + step) / 100)
    return found


silent = wandb.Settings(silent=True, console="off", x_disable_stats=True)
with wandb.init(project="pictures", id="drawn", name="drawn by the client", settings=silent) as run:
    for step in range(2):
        run.log({"one": labelled(0), "several": [labelled(40), labelled(80)], "seen/table": table(step)})
