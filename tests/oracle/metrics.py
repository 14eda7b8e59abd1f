"""Goldens of metrics, from Keras 3: awkward targets too (a class without members, one that is never predicted, ties, one class only),
with and without weights."""
import numpy as np
import torch

from common import Golden, integers
from keras_float64 import VERSIONS, keras


def result(kind, arguments, target, prediction, weight=None):
    """In two uneven batches, as a training sees them."""
    metric = kind(dtype="float64", **arguments)
    cut = target.shape[0] // 2 + 1
    for part in (slice(None, cut), slice(cut, None)):
        metric.update_state(target[part], prediction[part], None if weight is None else weight[part])
    return torch.as_tensor(np.asarray(metric.result()), dtype=torch.float64)


def add(golden, case, metric, attributes, target, prediction, weight=None, labels=None):
    """`metric` is Keras's class and its arguments, `attributes` are ours; `labels`, where Keras takes one-hot rows and we take both."""
    tensors = {"target": target if labels is None else labels, "prediction": prediction}
    if weight is not None:
        tensors["weight"] = weight
    golden.add(case, attributes, result=result(*metric, target, prediction, weight), **tensors)


def one_hot(labels, classes):
    return torch.nn.functional.one_hot(labels, classes).to(torch.float64)


def of_rows(golden, name, labels, prediction, weight):
    """Metrics of rows of several classes; by labels and, under `rows`, by one-hot targets."""
    classes = prediction.shape[-1]
    rows = one_hot(labels, classes)
    # Of equal predictions Keras's F1 takes all for the class, we take the first.
    for average in ("macro", "micro", "weighted") if name != "tied" else ():
        for weighed in (None, weight):
            suffix = average + ("" if weighed is None else "_weighed")
            add(golden, f"{name}_f1_{suffix}", (keras.metrics.F1Score, dict(average=average)), {"op": "F1Score", "average": average}, rows,
                prediction, weighed, labels)
    add(golden, f"{name}_f1_threshold", (keras.metrics.F1Score, dict(average="macro", threshold=0.3)),
        {"op": "F1Score", "average": "macro", "threshold": 0.3}, rows, prediction)
    for kind in ("Precision", "Recall"):
        made = getattr(keras.metrics, kind)
        add(golden, f"{name}_{kind.lower()}_micro", (made, dict(thresholds=0.3)), {"op": kind, "average": "micro", "threshold": 0.3}, rows,
            prediction)
        for class_id in range(classes):
            add(golden, f"{name}_{kind.lower()}_{class_id}", (made, dict(thresholds=0.25, class_id=class_id)),
                {"op": kind, "threshold": 0.25, "class_id": class_id}, rows, prediction, weight)
    for k in (1, 2, 3):
        add(golden, f"{name}_top_{k}", (keras.metrics.TopKCategoricalAccuracy, dict(k=k)), {"op": "TopKCategoricalAccuracy", "k": k}, rows,
            prediction)
        add(golden, f"{name}_sparse_top_{k}", (keras.metrics.SparseTopKCategoricalAccuracy, dict(k=k)),
            {"op": "TopKCategoricalAccuracy", "k": k}, labels, prediction, weight)
    add(golden, f"{name}_accuracy", (keras.metrics.CategoricalAccuracy, dict()), {"op": "Accuracy"}, rows, prediction, weight)
    add(golden, f"{name}_sparse_accuracy", (keras.metrics.SparseCategoricalAccuracy, dict()), {"op": "Accuracy"}, labels, prediction)
    for curve in ("ROC", "PR"):
        add(golden, f"{name}_auc_{curve.lower()}", (keras.metrics.AUC, dict(num_thresholds=23, curve=curve, multi_label=True)),
            {"op": "AUC", "num_thresholds": 23, "curve": curve}, rows, prediction)


def of_two_classes(golden, name, target, prediction, weight):
    for kind in ("Precision", "Recall"):
        made = getattr(keras.metrics, kind)
        add(golden, f"{name}_{kind.lower()}", (made, dict()), {"op": kind}, target, prediction)
        add(golden, f"{name}_{kind.lower()}_low", (made, dict(thresholds=0.2)), {"op": kind, "threshold": 0.2}, target, prediction, weight)
    add(golden, f"{name}_accuracy", (keras.metrics.BinaryAccuracy, dict(threshold=0.6)), {"op": "Accuracy", "threshold": 0.6}, target, prediction)
    for curve in ("ROC", "PR"):
        for thresholds in (5, 200):
            add(golden, f"{name}_auc_{curve.lower()}_{thresholds}", (keras.metrics.AUC, dict(num_thresholds=thresholds, curve=curve)),
                {"op": "AUC", "num_thresholds": thresholds, "curve": curve}, target, prediction, weight)


def of_numbers(golden):
    target = golden.uniform("numbers", "target", (9, 4), -2.0, 3.0)
    prediction = target + golden.uniform("numbers", "error", (9, 4), -0.75, 0.5)
    weight = golden.uniform("numbers", "weight", (9,), 0.125, 2.0)
    for weighed in (None, weight):
        suffix = "" if weighed is None else "_weighed"
        add(golden, f"r2{suffix}", (keras.metrics.R2Score, dict()), {"op": "R2Score"}, target, prediction, weighed)
        for kind in ("RootMeanSquaredError", "MeanSquaredError", "MeanAbsoluteError"):
            add(golden, f"{kind}{suffix}", (getattr(keras.metrics, kind), {}), {"op": kind}, target, prediction, weighed)


def main():
    keras.config.set_epsilon(1e-15)  # Keras adds it to denominators, we to none
    golden = Golden("metrics", packages=VERSIONS)
    weight = golden.uniform("weights", "weight", (11,), 0.125, 2.0)
    labels = integers("metrics/labels", (11,), 5)
    labels[labels == 3] = 1  # a class without members
    scores = golden.uniform("rows", "prediction", (11, 5), -2.0, 2.0)
    scores[:, 4] = -9.0  # never the largest
    prediction = torch.softmax(scores, -1)
    of_rows(golden, "rows", labels, prediction, weight)
    tied = torch.tensor([0.25, 0.125, 0.25, 0.25, 0.125], dtype=torch.float64).repeat(11, 1)
    of_rows(golden, "tied", labels, tied, weight)
    target = (golden.uniform("two", "target", (11, 1)) > 0).to(torch.float64)
    probability = golden.uniform("two", "prediction", (11, 1), 0.0, 1.0)
    probability[2:5] = 0.5  # ties
    of_two_classes(golden, "two", target, probability, weight)
    of_two_classes(golden, "ones", torch.ones_like(target), probability, weight)
    of_two_classes(golden, "zeros", torch.zeros_like(target), probability, weight)
    of_numbers(golden)
    golden.write()
    keras.config.set_epsilon(1e-7)


if __name__ == "__main__":
    main()
