/// All of Sloy.
#pragma once

#include <sloy/activations.h>
#include <sloy/callbacks.h>
#include <sloy/config.h>
#include <sloy/data.h>
#include <sloy/error.h>
#include <sloy/fields.h>
#include <sloy/graph.h>
#include <sloy/initializers.h>
#include <sloy/inspect.h>
#include <sloy/io.h>
#include <sloy/layer.h>
#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/metrics.h>
#include <sloy/model.h>
#include <sloy/nearest.h>
#include <sloy/op.h>
#include <sloy/ops.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>
#include <sloy/recipe.h>
#include <sloy/regularizers.h>
#include <sloy/scope.h>
#include <sloy/tensor.h>
