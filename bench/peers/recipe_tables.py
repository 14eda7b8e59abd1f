#!/usr/bin/env python3
"""Trains scikit-learn's net on the rows of two CSV files and prints one JSON line: what it makes of the second's rows.

    recipe_tables.py --train train.csv --test test.csv --target price --task regression --seed 1

Needs `pip install scikit-learn==1.9.1`. Numbers are standardised and, where missing, filled with
the median; texts become one-hot rows; a number to be predicted is standardised too: what Sloy's recipes do. The net has their layers,
trained by scikit-learn's defaults (Adam, 200 epochs at most, until the loss no longer falls).
"""
import argparse
import csv
import json
import time

import numpy
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def read(path, target):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    features = [name for name in rows[0] if name != target]
    return features, [[row[name] for name in features] for row in rows], [row[target] for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--task", choices=("classification", "regression"), required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    features, x, y = read(options.train, options.target)
    _, x_test, y_test = read(options.test, options.target)
    numeric = [i for i in range(len(features)) if all(row[i] == "" or is_number(row[i]) for row in x)]
    texts = [i for i in range(len(features)) if i not in numeric]

    def table(rows):
        made = numpy.empty((len(rows), len(features)), dtype=object)
        for row, cells in enumerate(rows):
            for i, cell in enumerate(cells):
                made[row, i] = (float(cell) if cell else numpy.nan) if i in numeric else cell
        return made

    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
        ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts)])
    layers = {"hidden_layer_sizes": (64, 64), "random_state": options.seed}
    began = time.perf_counter()
    if options.task == "classification":
        model = make_pipeline(columns, MLPClassifier(**layers)).fit(table(x), y)
        figures = {"accuracy": accuracy_score(y_test, model.predict(table(x_test)))}
    else:
        net = TransformedTargetRegressor(MLPRegressor(**layers), transformer=StandardScaler())
        model = make_pipeline(columns, net).fit(table(x), numpy.array(y, dtype=float))
        predicted, wanted = model.predict(table(x_test)), numpy.array(y_test, dtype=float)
        figures = {"r2_score": r2_score(wanted, predicted), "mean_absolute_error": mean_absolute_error(wanted, predicted)}
    print(json.dumps({**figures, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
