/// A dense kernel's gradient and its update, slab by slab: each thread makes a part of the gradient
/// that stays in its L2, fetches what is updated with it meanwhile, and updates.
#include "ops/product_update.h"

#include <algorithm>
#include <cassert>

#include "backends/cpu/fused_offers.h"
#include "backends/cpu/machine.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/onednn/matmul.h"
#include "backends/cpu/simd/panel_product.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Elements of a slab of the gradient: with as much of a parameter and two slots it fits L2.
constexpr std::int64_t slab_elements = 32 * 1024;

/// The gradient (rows, columns) = aᵀ·b over `inner` examples, as it lies in memory: panels of
/// `width` columns one after the other, each of them row by row.
struct Gradient {
  std::int64_t inner = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t width = 0;

  std::int64_t panels() const { return columns / width; }
  std::int64_t slab_rows() const {
    return std::max(slab_elements / width / row_group, std::int64_t{1}) * row_group;
  }
  std::int64_t slabs_of_panel() const { return (rows + slab_rows() - 1) / slab_rows(); }
  std::int64_t rows_of_slab(std::int64_t slab) const {
    return std::min(slab_rows(), rows - slab * slab_rows());
  }
  std::int64_t a_pieces() const { return (rows + row_group - 1) / row_group; }
  std::int64_t b_pieces() const { return (columns + panel_columns - 1) / panel_columns; }
};

std::int64_t whole_lines(std::int64_t floats) { return (floats + 15) / 16 * 16; }
std::int64_t whole_lines_of(std::size_t bytes) {
  return whole_lines(static_cast<std::int64_t>((bytes + sizeof(float) - 1) / sizeof(float)));
}

class ProductUpdateKernel final : public Kernel {
 public:
  /// What an input of the chain's program is: an operand of the node, or `product`.
  struct ChainInput {
    int operand;
    bool is_full;
  };
  static constexpr int product = -1;

  ProductUpdateKernel(const Gradient& gradient, const FusedProgram& program,
                      std::vector<ChainInput> inputs)
      : gradient_(gradient),
        inputs_(std::move(inputs)),
        slab_(program, Space::flat(gradient.slab_rows() * gradient.width), 1),
        last_slab_(
            program,
            Space::flat(gradient.rows_of_slab(gradient.slabs_of_panel() - 1) * gradient.width), 1),
        a_floats_(whole_lines(gradient.a_pieces() * row_group * gradient.inner)),
        b_floats_(gradient.b_pieces() * panel_columns * gradient.inner),
        slab_floats_(whole_lines(gradient.slab_rows() * gradient.width)),
        chain_floats_(whole_lines_of(std::max(slab_.scratch_bytes(), last_slab_.scratch_bytes()))),
        workers_(static_cast<std::size_t>(std::min<std::int64_t>(
            this_machine().threads, gradient.panels() * gradient.slabs_of_panel()))) {
    for (Worker& worker : workers_) {
      worker.inputs.resize(inputs_.size());
      worker.outputs.resize(program.stores.size());
      worker.ahead.reserve(inputs_.size());
    }
  }

  std::size_t scratch_bytes() const {
    const auto workers = static_cast<std::int64_t>(workers_.size());
    const std::int64_t floats = a_floats_ + b_floats_ + workers * (slab_floats_ + chain_floats_);
    return static_cast<std::size_t>(floats) * sizeof(float);
  }

  void run(const Pointers& pointers) const override {
    auto* a = static_cast<float*>(pointers.scratch);
    float* b = a + a_floats_;
    pack(pointers.inputs[0], gradient_.rows, row_group, gradient_.a_pieces(), a);
    pack(pointers.inputs[1], gradient_.columns, panel_columns, gradient_.b_pieces(), b);
    const auto workers = static_cast<std::int64_t>(workers_.size());
    const std::int64_t slabs = gradient_.panels() * gradient_.slabs_of_panel();
    parallel_for(workers, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t w = first; w < last; ++w) {
        float* memory = b + b_floats_ + w * (slab_floats_ + chain_floats_);
        for (std::int64_t i = slabs * w / workers; i < slabs * (w + 1) / workers; ++i) {
          run_slab(pointers, i, a, b, memory, workers_[static_cast<std::size_t>(w)]);
        }
      }
    });
  }

 private:
  /// What a thread tells the chain and the product: room for it, as a run allocates nothing.
  struct Worker {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    std::vector<const float*> ahead;
  };

  void pack(const void* from, std::int64_t columns, std::int64_t width, std::int64_t pieces,
            float* out) const {
    constexpr std::int64_t numbers_of_a_thread = 32 * 1024;
    const std::int64_t grain = numbers_of_a_thread / (width * gradient_.inner) + 1;
    parallel_for(pieces, grain, [&](std::int64_t first, std::int64_t last) {
      pack_columns(static_cast<const float*>(from), gradient_.inner, columns, width, first, last,
                   out);
    });
  }

  void run_slab(const Pointers& pointers, std::int64_t number, const float* a, const float* b,
                float* memory, Worker& worker) const {
    const std::int64_t of_panel = gradient_.slabs_of_panel();
    const std::int64_t panel = number / of_panel;
    const std::int64_t slab = number % of_panel;
    const std::int64_t first_row = slab * gradient_.slab_rows();
    const std::int64_t offset = (panel * gradient_.rows + first_row) * gradient_.width;
    worker.ahead.clear();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto [operand, is_full] = inputs_[i];
      if (operand == product) {
        worker.inputs[i] = memory;
        continue;
      }
      const void* from = pointers.inputs[operand];
      worker.inputs[i] = is_full ? static_cast<const float*>(from) + offset : from;
      if (is_full) worker.ahead.push_back(static_cast<const float*>(worker.inputs[i]));
    }
    for (std::size_t r = 0; r < worker.outputs.size(); ++r) {
      worker.outputs[r] = static_cast<float*>(pointers.outputs[r]) + offset;
    }
    multiply(panel, first_row, gradient_.rows_of_slab(slab), a, b, memory, worker.ahead);
    const FusedKernel& chain = slab + 1 == of_panel ? last_slab_ : slab_;
    chain.run(worker.inputs.data(), worker.outputs.data(), memory + slab_floats_);
  }

  void multiply(std::int64_t panel, std::int64_t first_row, std::int64_t rows, const float* a,
                const float* b, float* slab, std::vector<const float*>& ahead) const {
    const std::int64_t inner = gradient_.inner;
    for (std::int64_t column = 0; column < gradient_.width; column += panel_columns) {
      multiply_panel({.a = a + first_row * inner,
                      .a_group = inner * row_group,
                      .a_row = 1,
                      .a_step = row_group,
                      .b = b + (panel * gradient_.width + column) * inner,
                      .inner = inner,
                      .rows = rows,
                      .columns = std::min(panel_columns, gradient_.width - column),
                      .c = slab + column,
                      .c_row = gradient_.width,
                      .ahead = ahead});
      for (const float*& operand : ahead) operand += panel_columns;
    }
  }

  Gradient gradient_;
  std::vector<ChainInput> inputs_;
  FusedKernel slab_;
  FusedKernel last_slab_;  ///< of a panel
  // Of the scratch, in floats: the factors as the product reads them, then for each worker its slab
  // and what the chain needs.
  std::int64_t a_floats_;
  std::int64_t b_floats_;
  std::int64_t slab_floats_;
  std::int64_t chain_floats_;
  mutable std::vector<Worker> workers_;  // one run at a time
};

bool is_float(const Operand& operand) {
  return operand.type->dtype == DType::float32 && !operand.bfloat16;
}

/// Whether the node is one that slabs can be made of, but for the chain.
bool is_gradient(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ProductUpdateAttributes>();
  const auto& [options, relu] = attributes.product;
  if (!options.transpose_a || options.transpose_b || relu) {
    refusal = "made for aᵀ·b";
    return false;
  }
  const Shape& a = request.inputs[0].type->shape;
  const Shape& b = request.inputs[1].type->shape;
  const Shape& space = attributes.chain.space;
  if (space != Shape{a[1], b[1]} || space.size() == 0 || a.size(0) == 0) {
    refusal = "the chain goes over something else than the product";
    return false;
  }
  const bool all_full = std::ranges::all_of(
      attributes.chain.results,
      [](const FusedResult& result) { return result.reduction == FusedReduction::none; });
  if (!all_full) {
    refusal = "a result is no whole matrix";
    return false;
  }
  const bool are_floats =
      std::ranges::all_of(request.inputs,
                          [&](const Operand& operand) {
                            return is_float(operand) ||
                                   (!operand.bfloat16 && operand.type->shape.size() == 1);
                          }) &&
      !std::ranges::count(request.bfloat16, true);
  if (!are_floats) refusal = "an operand or result is not float32";
  return are_floats;
}

/// The form of the parameter and what lies like it: packed as products pack a weight, if it is so
/// already or if all of it is still open.
Layout form_of(const Request& request, const Shape& space) {
  const auto packed = onednn::packed_weight(space.size(0), space.size(1));
  if (!packed) return {};
  bool is_open = false;
  for (const Operand& operand : request.inputs.subspan(product_factors)) {
    if (operand.type->shape != space) continue;
    if (!operand.free) return *operand.layout == *packed ? *packed : Layout{};
    is_open = true;
  }
  return is_open ? *packed : Layout{};
}

std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  if (!is_gradient(request, refusal)) return {};
  const auto& attributes = request.as<ProductUpdateAttributes>();
  const Shape& space = attributes.chain.space;
  const Layout plain;
  const Layout form = form_of(request, space);
  assert(form.is_plain() || form.blocks.back().size == panel_columns);
  const auto form_for = [&](const Shape& shape) { return shape == space ? &form : &plain; };

  const Type product_type{DType::float32, space};
  std::vector<Operand> operands = operands_of_chain<Operand>(
      request.inputs, {.type = &product_type, .layout = &form}, attributes.place);
  for (Operand& operand : operands) {
    operand = {.type = operand.type, .layout = form_for(operand.type->shape)};
  }
  const auto chain = flat_chain({&fused_op, &attributes.chain, operands, request.outputs}, refusal);
  if (!chain) return {};

  const auto of_node = [&](int operand) {
    if (operand == attributes.place) return ProductUpdateKernel::product;
    return operand + static_cast<int>(product_factors) - (operand > attributes.place ? 1 : 0);
  };
  std::vector<ProductUpdateKernel::ChainInput> inputs;
  for (int operand : chain->order) {
    const Shape& shape = operands[static_cast<std::size_t>(operand)].type->shape;
    inputs.push_back({of_node(operand), shape == space});
  }
  const Gradient gradient{.inner = request.inputs[0].type->shape.size(0),
                          .rows = space.size(0),
                          .columns = space.size(1),
                          .width = form.is_plain() ? space.size(1) : panel_columns};
  auto kernel = std::make_shared<ProductUpdateKernel>(gradient, chain->program, std::move(inputs));

  Proposal proposal;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const bool is_factor = i < product_factors;
    proposal.inputs.push_back(is_factor ? plain : *form_for(request.inputs[i].type->shape));
  }
  proposal.outputs.assign(request.outputs.size(), form);
  for (auto [result, operand] : chain->in_place) {
    if (operand != attributes.place) proposal.in_place.emplace_back(result, of_node(operand));
  }
  proposal.scratch_bytes = kernel->scratch_bytes();
  proposal.kernel = std::move(kernel);
  const std::size_t first_word = chain->implementation.find(' ');
  proposal.implementation = form.is_plain() ? "plain" : "packed";
  if (first_word != std::string::npos) {
    proposal.implementation += chain->implementation.substr(first_word);
  }
  return proposal;
}

constexpr Offer offers[] = {
    {.op = &product_update_op, .name = "slabs", .consider = consider, .share_of_peak = 0.6}};

}  // namespace

std::span<const Offer> product_update_offers() { return offers; }

}  // namespace sloy::cpu
