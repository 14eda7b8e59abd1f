"""Goldens of losses (Keras 3's definitions, mean over examples) with the gradient by the prediction, and of weight penalties."""
import torch
import torch.nn.functional as F

from common import Golden, gradients, integers
from keras_float64 import VERSIONS, keras, made

EPSILON = 1e-7  # keras.config.epsilon()


def clipped(probabilities):
    return torch.clip(probabilities, EPSILON, 1 - EPSILON)


def log_probabilities(prediction, from_logits):
    if from_logits:
        return F.log_softmax(prediction, -1)
    return torch.log(clipped(prediction / prediction.sum(-1, keepdim=True)))


def categorical_crossentropy(target, prediction, from_logits, label_smoothing=0.0):
    smooth = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    return -(smooth * log_probabilities(prediction, from_logits)).sum(-1)


def sparse_categorical_crossentropy(target, prediction, from_logits):
    return -log_probabilities(prediction, from_logits).gather(-1, target.unsqueeze(-1)).squeeze(-1)


def binary_crossentropy(target, prediction, from_logits, label_smoothing=0.0):
    smooth = target * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(prediction, smooth, reduction="none").mean(-1)
    p = clipped(prediction)
    return -(smooth * torch.log(p) + (1 - smooth) * torch.log(1 - p)).mean(-1)


def mean_squared_error(target, prediction):
    return torch.square(prediction - target).mean(-1)


def mean_absolute_error(target, prediction):
    return torch.abs(prediction - target).mean(-1)


def huber(target, prediction, delta):
    error = torch.abs(prediction - target)
    return torch.where(error <= delta, 0.5 * error * error, delta * error - 0.5 * delta * delta).mean(-1)


def kl_divergence(target, prediction):
    y, p = torch.clip(target, EPSILON, 1), torch.clip(prediction, EPSILON, 1)
    return (y * torch.log(y / p)).sum(-1)


def log_cosh(target, prediction):
    return torch.log(torch.cosh(prediction - target)).mean(-1)


def smoothed_sparse(target, prediction, label_smoothing):
    return F.cross_entropy(prediction, target, reduction="none", label_smoothing=label_smoothing)


def smoothed_sparse_probabilities(target, prediction, label_smoothing):
    one_hot = F.one_hot(target, prediction.shape[-1]).to(torch.float64)
    return categorical_crossentropy(one_hot, prediction, False, label_smoothing)


def exact_kl_divergence(target, prediction):
    """PyTorch's, where 0·log 0 is 0."""
    return F.kl_div(torch.log(prediction), target, reduction="none").sum(-1)


def hinge(target, prediction):
    return torch.clip(1 - target * prediction, min=0).mean(-1)


def squared_hinge(target, prediction):
    return torch.square(torch.clip(1 - target * prediction, min=0)).mean(-1)


def categorical_hinge(target, prediction):
    right = (target * prediction).sum(-1)
    return torch.clip(((1 - target) * prediction).amax(-1) - right + 1, min=0)


def binary_focal_crossentropy(target, prediction, apply_class_balancing, alpha, gamma, from_logits, label_smoothing):
    smooth = target * (1 - label_smoothing) + 0.5 * label_smoothing
    p = torch.sigmoid(prediction) if from_logits else clipped(prediction)
    if from_logits:
        entropy = F.binary_cross_entropy_with_logits(prediction, smooth, reduction="none")
    else:
        entropy = -(smooth * torch.log(p) + (1 - smooth) * torch.log(1 - p))
    loss = (1 - (smooth * p + (1 - smooth) * (1 - p))) ** gamma * entropy
    if apply_class_balancing:
        loss = (smooth * alpha + (1 - smooth) * (1 - alpha)) * loss
    return loss.mean(-1)


def categorical_focal_crossentropy(target, prediction, alpha, gamma, from_logits, label_smoothing):
    smooth = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    log_p = log_probabilities(prediction, from_logits)
    return (torch.tensor(alpha, dtype=torch.float64) * (1 - torch.exp(log_p)) ** gamma * -(smooth * log_p)).sum(-1)


def cosine_similarity(target, prediction, axis):
    return -F.cosine_similarity(target, prediction, axis, eps=1e-14)


def poisson(target, prediction, log_input):
    return F.poisson_nll_loss(prediction, target, log_input=log_input, eps=EPSILON, reduction="none").mean(-1)


def mean_absolute_percentage_error(target, prediction):
    return 100 * (torch.abs(target - prediction) / torch.clip(torch.abs(target), min=EPSILON)).mean(-1)


def mean_squared_logarithmic_error(target, prediction):
    def logarithm(x):
        return torch.log1p(torch.clip(x, min=EPSILON))
    return torch.square(logarithm(target) - logarithm(prediction)).mean(-1)


def add(golden, case, loss, target, prediction, **attributes):
    prediction = prediction.requires_grad_()
    each = loss(target, prediction, **attributes)
    (gradient,) = gradients(each.mean(), torch.ones((), dtype=torch.float64), prediction)
    golden.add(case, {"op": loss.__name__} | attributes, target=target, prediction=prediction, each=each, loss=each.mean(),
               dprediction=gradient)


def crossentropies(golden):
    shape = (7, 5)
    labels = integers("losses/labels", shape[:1], shape[-1])
    one_hot = F.one_hot(labels, shape[-1]).to(torch.float64)
    soft = golden.uniform("soft", "target", shape, 0.125, 1.0)
    soft = soft / soft.sum(-1, keepdim=True)
    logits = golden.uniform("logits", "prediction", shape, -4.0, 4.0)
    far = logits * 200.0
    probabilities = F.softmax(logits, -1)
    unnormalised = golden.uniform("unnormalised", "prediction", shape, 0.125, 3.0)
    certain = torch.where(torch.arange(shape[-1]) == 2, 1.0, 0.0).to(torch.float64).repeat(shape[0], 1)  # clipped everywhere

    for name, prediction, from_logits in (("logits", logits, True), ("far_logits", far, True), ("probabilities", probabilities, False),
                                          ("unnormalised", unnormalised, False), ("certain", certain, False)):
        def fresh():
            return prediction.detach().clone()
        add(golden, f"sparse_{name}", sparse_categorical_crossentropy, labels, fresh(), from_logits=from_logits)
        add(golden, f"one_hot_{name}", categorical_crossentropy, one_hot, fresh(), from_logits=from_logits)
        add(golden, f"soft_{name}", categorical_crossentropy, soft, fresh(), from_logits=from_logits)
    add(golden, "smoothed_logits", categorical_crossentropy, one_hot, logits.clone(), from_logits=True, label_smoothing=0.1)

    labels = integers("losses/sequence_labels", (3, 4), 5)
    add(golden, "sparse_sequence", sparse_categorical_crossentropy, labels, golden.uniform("sequence", "prediction", (3, 4, 5), -2.0, 2.0),
        from_logits=True)

    bits = integers("losses/bits", shape, 2).to(torch.float64)
    shares = golden.uniform("shares", "target", shape, 0.0, 1.0)
    for name, prediction, from_logits in (("logits", logits, True), ("far_logits", far, True), ("probabilities", torch.sigmoid(logits), False),
                                          ("certain", certain, False)):
        for kind, target in (("bits", bits), ("shares", shares)):
            add(golden, f"binary_{kind}_{name}", binary_crossentropy, target, prediction.detach().clone(), from_logits=from_logits)
    add(golden, "binary_smoothed", binary_crossentropy, bits, logits.clone(), from_logits=True, label_smoothing=0.2)


def distances(golden):
    shape = (7, 5)
    target = golden.uniform("distances", "target", shape, -2.0, 2.0)
    prediction = golden.uniform("distances", "prediction", shape, -2.0, 2.0)
    add(golden, "mse", mean_squared_error, target, prediction.clone())
    add(golden, "mse_images", mean_squared_error, golden.uniform("images", "target", (2, 5, 4, 3)), golden.uniform("images", "prediction", (2, 5, 4, 3)))
    add(golden, "mae", mean_absolute_error, target, prediction.clone())
    add(golden, "huber_1", huber, target, prediction.clone(), delta=1.0)
    add(golden, "huber_0.3", huber, target, prediction.clone(), delta=0.3)
    add(golden, "log_cosh", log_cosh, target, prediction.clone())
    p, q = (golden.uniform("kl", name, shape, 0.125, 1.0) for name in ("target", "prediction"))
    add(golden, "kl", kl_divergence, p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True))


def beyond(golden):
    shape = (7, 5)
    labels = integers("losses/labels", shape[:1], shape[-1])
    one_hot = F.one_hot(labels, shape[-1]).to(torch.float64)
    bits = integers("losses/bits", shape, 2).to(torch.float64)
    scores = golden.uniform("beyond", "scores", shape, -4.0, 4.0)
    shares = F.softmax(golden.uniform("beyond", "shares", shape, -2.0, 2.0), -1)
    positive, counts = golden.uniform("beyond", "positive", shape, 0.125, 3.0), integers("losses/counts", shape, 6).to(torch.float64)

    add(golden, "sparse_smoothed_logits", smoothed_sparse, labels, scores.clone(), label_smoothing=0.2)
    add(golden, "sparse_smoothed_probabilities", smoothed_sparse_probabilities, labels, shares.clone(), label_smoothing=0.3)
    add(golden, "kl_exact", exact_kl_divergence, F.softmax(golden.uniform("beyond", "soft", shape, -1.0, 1.0), -1), shares.clone())
    add(golden, "kl_one_hot", exact_kl_divergence, one_hot, shares.clone())
    for name, loss in (("hinge", hinge), ("squared_hinge", squared_hinge)):
        add(golden, name, loss, 2 * bits - 1, scores.clone())
    add(golden, "categorical_hinge", categorical_hinge, one_hot, scores.clone())
    for name, prediction, from_logits in (("logits", scores, True), ("probabilities", torch.sigmoid(scores), False)):
        add(golden, f"binary_focal_{name}", binary_focal_crossentropy, bits, prediction.clone(), apply_class_balancing=False, alpha=0.25,
            gamma=2.0, from_logits=from_logits, label_smoothing=0.0)
        add(golden, f"binary_focal_balanced_{name}", binary_focal_crossentropy, bits, prediction.clone(), apply_class_balancing=True,
            alpha=0.3, gamma=1.5, from_logits=from_logits, label_smoothing=0.1)
    for name, prediction, from_logits in (("logits", scores, True), ("probabilities", shares, False)):
        add(golden, f"categorical_focal_{name}", categorical_focal_crossentropy, one_hot, prediction.clone(), alpha=0.25, gamma=2.0,
            from_logits=from_logits, label_smoothing=0.0)
        add(golden, f"categorical_focal_weighted_{name}", categorical_focal_crossentropy, one_hot, prediction.clone(),
            alpha=[0.1, 0.2, 0.3, 0.4, 0.5], gamma=0.5, from_logits=from_logits, label_smoothing=0.1)
    for axis in (-1, 1):
        images = (2, 5, 4, 3)
        add(golden, f"cosine_{axis}", cosine_similarity, golden.uniform("cosine", "target", images), golden.uniform("cosine", "prediction", images),
            axis=axis)
    add(golden, "poisson", poisson, counts, positive.clone(), log_input=False)
    add(golden, "poisson_log", poisson, counts, scores.clone(), log_input=True)
    add(golden, "mape", mean_absolute_percentage_error, golden.uniform("mape", "target", shape, 0.25, 2.0), positive.clone())
    add(golden, "msle", mean_squared_logarithmic_error, positive.flip(0), golden.uniform("msle", "prediction", shape, -0.5, 3.0))


def penalties(golden):
    kernel = golden.uniform("penalties", "kernel", (3, 2, 5, 4))
    kernel[0, 0] = 0.0  # the subgradient of |w| at 0 is 0
    for case, l1, l2 in (("l1", 0.01, 0.0), ("l2", 0.0, 0.02), ("l1_l2", 0.03, 0.02)):
        w = kernel.clone().requires_grad_()
        penalty = l1 * w.abs().sum() + l2 * torch.square(w).sum()
        (gradient,) = gradients(penalty, torch.ones((), dtype=torch.float64), w)
        golden.add(case, {"op": "penalty", "l1": l1, "l2": l2}, kernel=w, penalty=penalty, dkernel=gradient)


def orthogonal_penalties(golden):
    """Keras's; of a row of zeros its gradient is not a number."""
    for case, arguments in (("orthogonal", {}), ("orthogonal_columns", {"factor": 0.25, "mode": "columns"})):
        w = golden.uniform(case, "kernel", (5, 3)).requires_grad_()
        described = {"type": "OrthogonalRegularizer"} | arguments
        penalty = made(keras.regularizers, described)(w)
        (gradient,) = gradients(penalty, torch.ones((), dtype=torch.float64), w)
        golden.add(case, {"op": "penalty", "regularizer": described}, kernel=w, penalty=penalty, dkernel=gradient)


def main():
    golden = Golden("losses", packages=VERSIONS)
    crossentropies(golden)
    distances(golden)
    beyond(golden)
    penalties(golden)
    orthogonal_penalties(golden)
    golden.write()


if __name__ == "__main__":
    main()
