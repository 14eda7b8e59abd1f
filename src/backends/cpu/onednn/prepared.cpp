#include "backends/cpu/onednn/prepared.h"

#include <cassert>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/primitive.h"

namespace sloy::onednn {
namespace {

/// oneDNN tells errors through exceptions when objects are made, through a status in the calls
/// below, which are made again and again. None can fail on arguments that were prepared.
void check([[maybe_unused]] dnnl_status_t status) { assert(status == dnnl_success); }

/// oneDNN generates the code of all its matrix products, some megabytes, at the first one that
/// runs. It belongs to what a program takes before it runs, and to no step's time.
void generate_gemm() {
  static const bool generated = [] {
    constexpr dnnl_dim_t size = 64;
    std::vector<float> factor(size * size, 1.0f), product(size * size);
    check(dnnl_sgemm('N', 'N', size, size, size, 1.0f, factor.data(), size, factor.data(), size,
                     0.0f, product.data(), size));
    return true;
  }();
  static_cast<void>(generated);
}

}  // namespace

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine = [] {
    switch (cpu::this_machine().instructions) {
      case cpu::InstructionSet::avx512: break;
      case cpu::InstructionSet::avx2: dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2); break;
      case cpu::InstructionSet::baseline: dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41); break;
    }
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

dnnl::primitive_attr user_scratch() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

bool is_reference(const std::string& implementation) { return implementation.starts_with("ref"); }
bool is_gemm(const std::string& implementation) { return implementation.starts_with("x64:gemm"); }

std::optional<std::vector<Prepared::Primitive::Argument>> arguments(
    const dnnl::primitive_desc_base& desc, const std::vector<Role>& roles) {
  std::vector<Prepared::Primitive::Argument> arguments;
  for (const Role& role : roles) {
    const auto memory = desc.query_md(dnnl::query::exec_arg_md, role.argument);
    const auto& [shape, axes, fixed, bfloat16] = role.side;
    const auto layout = fixed ? fixed : axes.layout(shape, memory);
    if (!layout) return std::nullopt;
    arguments.push_back({role.argument, {shape, *layout}, memory});
  }
  return arguments;
}

std::string version() {
  const dnnl::version_t* version = dnnl::version();
  return std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
}

void Prepared::Primitive::Buffer::set(const void* data) {
  if (data == current) return;
  check(dnnl_memory_set_data_handle(memory.get(), const_cast<void*>(data)));
  current = data;
}

std::shared_ptr<const Prepared> Prepared::Primitive::prepare(const dnnl::primitive& primitive,
                                                             const dnnl::memory::desc& scratch,
                                                             std::string implementation,
                                                             std::vector<Argument> inputs,
                                                             std::vector<Argument> outputs) {
  const dnnl::engine& engine = cpu_engine();
  if (is_gemm(implementation)) generate_gemm();
  auto kernel = std::make_unique<Primitive>();
  kernel->primitive = primitive;
  kernel->stream = dnnl::stream(engine);
  kernel->implementation = std::move(implementation);
  kernel->scratch_bytes = scratch.get_size();

  const auto buffer = [&](int id, const dnnl::memory::desc& desc) {
    Buffer made{dnnl::memory(desc, engine, DNNL_MEMORY_NONE)};
    kernel->arguments.push_back({id, made.memory.get()});
    return made;
  };
  const auto buffers = [&](std::vector<Argument>& given, std::vector<Buffer>& made) {
    std::vector<Operand> operands;
    for (Argument& argument : given) {
      made.push_back(buffer(argument.id, argument.desc));
      operands.push_back(std::move(argument.operand));
    }
    return operands;
  };
  std::vector<Operand> input_operands = buffers(inputs, kernel->inputs);
  std::vector<Operand> output_operands = buffers(outputs, kernel->outputs);
  if (kernel->scratch_bytes > 0) kernel->scratch = buffer(DNNL_ARG_SCRATCHPAD, scratch);
  return std::make_shared<Prepared>(std::move(input_operands), std::move(output_operands),
                                    std::move(kernel));
}

Prepared::Prepared(std::vector<Operand> inputs, std::vector<Operand> outputs,
                   std::unique_ptr<Primitive> primitive)
    : inputs_(std::move(inputs)), outputs_(std::move(outputs)), primitive_(std::move(primitive)) {}

Prepared::~Prepared() = default;

std::size_t Prepared::scratch_bytes() const { return primitive_->scratch_bytes; }
const std::string& Prepared::implementation() const { return primitive_->implementation; }

void Prepared::run(std::span<const void* const> inputs, std::span<void* const> outputs,
                   void* scratch) const {
  assert(inputs.size() == inputs_.size() && outputs.size() == outputs_.size());
  assert(scratch != nullptr || primitive_->scratch_bytes == 0);
#ifdef _OPENMP
  assert(!omp_in_parallel());
#endif
  Primitive& kernel = *primitive_;
  for (std::size_t i = 0; i < inputs.size(); ++i) kernel.inputs[i].set(inputs[i]);
  for (std::size_t i = 0; i < outputs.size(); ++i) kernel.outputs[i].set(outputs[i]);
  if (kernel.scratch) kernel.scratch->set(scratch);
  check(dnnl_primitive_execute(kernel.primitive.get(), kernel.stream.get(),
                               static_cast<int>(kernel.arguments.size()), kernel.arguments.data()));
  check(dnnl_stream_wait(kernel.stream.get()));
}

}  // namespace sloy::onednn
