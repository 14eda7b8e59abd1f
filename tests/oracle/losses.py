"""Goldens of losses (Keras 3's definitions, mean over examples) with the gradient by the prediction, and of weight penalties."""
import torch
import torch.nn.functional as F

from common import Golden, gradients, integers

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


def penalties(golden):
    kernel = golden.uniform("penalties", "kernel", (3, 2, 5, 4))
    kernel[0, 0] = 0.0  # the subgradient of |w| at 0 is 0
    for case, l1, l2 in (("l1", 0.01, 0.0), ("l2", 0.0, 0.02), ("l1_l2", 0.03, 0.02)):
        w = kernel.clone().requires_grad_()
        penalty = l1 * w.abs().sum() + l2 * torch.square(w).sum()
        (gradient,) = gradients(penalty, torch.ones((), dtype=torch.float64), w)
        golden.add(case, {"op": "penalty", "l1": l1, "l2": l2}, kernel=w, penalty=penalty, dkernel=gradient)


def main():
    golden = Golden("losses")
    crossentropies(golden)
    distances(golden)
    penalties(golden)
    golden.write()


if __name__ == "__main__":
    main()
