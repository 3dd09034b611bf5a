"""Weights and inputs as formulas of the index, so that golden files hold results only; also in Golden.swift."""
import math

import torch


def formula(shape, phase, amplitude=1.0):
    index = torch.arange(math.prod(shape), dtype=torch.float64)
    return (amplitude * torch.cos(0.7 * index + phase)).to(torch.float32).reshape(shape)


def digest(gradient):
    """What is kept of a gradient: [sum g cos(0.11 i), norm, g[0] ... g[5]]."""
    g = gradient.detach().double().flatten()
    weights = torch.cos(0.11 * torch.arange(len(g), dtype=torch.float64))
    return [float((g * weights).sum()), float(g.norm())] + g[:6].tolist()
