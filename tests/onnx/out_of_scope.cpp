#include "onnx/out_of_scope.h"

#include <algorithm>

namespace sloy::from_onnx {
namespace {

using Names = const std::string_view[];

constexpr Names recurrent = {"GRU", "LSTM", "RNN"};
constexpr Names control_flow = {"If", "Loop", "Scan"};
constexpr Names sequences = {
    "OptionalGetElement", "OptionalHasElement", "SequenceConstruct",
    "SequenceEmpty",      "SequenceInsert",     "SequenceLength",
    "SequenceMap",        "SplitToSequence",    "sequences and optional values"};
constexpr Names text = {"StringNormalizer", "TfIdfVectorizer", "element type STRING"};
constexpr Names narrow_types = {"CastLike",
                                "Cast: to an element type the library hasn't",
                                "element type FLOAT16",
                                "element type INT8",
                                "element type INT16",
                                "element type UINT8",
                                "element type UINT16",
                                "element type UINT32",
                                "element type UINT64"};
constexpr Names integers = {"BitShift", "Mod", "Pow: an integer base", "Where: of integers"};
constexpr Names quantised = {"ConvInteger",   "DequantizeLinear", "DynamicQuantizeLinear",
                             "MatMulInteger", "QLinearConv",      "QLinearMatMul",
                             "QuantizeLinear"};
constexpr Names by_index = {"Compress",
                            "Gather",
                            "GatherElements",
                            "GatherND",
                            "NonZero",
                            "Scatter",
                            "ScatterElements",
                            "ScatterND",
                            "ReverseSequence",
                            "TopK",
                            "Unique",
                            "ArgMax: the last of equals",
                            "ArgMin: the last of equals"};
constexpr Names made_tensors = {"EyeLike", "Range", "Tile", "Trilu", "a tensor without elements"};
constexpr Names moved = {"DepthToSpace", "SpaceToDepth", "Slice: steps other than 1",
                         "Pad: with numbers of the data"};
constexpr Names functions = {"Acos", "Acosh", "Asin", "Asinh", "Atan",  "Atanh", "Cos",
                             "Cosh", "Sin",   "Sinh", "Tan",   "IsInf", "Round", "Shrink"};
constexpr Names signals = {"BlackmanWindow",  "DFT", "HammingWindow", "HannWindow",
                           "MelWeightMatrix", "STFT"};
constexpr Names images = {"GridSample",
                          "NonMaxSuppression",
                          "Resize: by factors that aren't whole",
                          "Resize: by interpolation",
                          "Resize: to pixels of other places than the centres",
                          "RoiAlign"};
constexpr Names windows = {"MaxPool: places counted column by column", "MaxPool: windows with gaps",
                           "MaxUnpool"};
constexpr Names algebra = {"CumSum", "Det", "Einsum", "MatMul: several second operands",
                           "ReduceProd"};
constexpr Names random = {"Bernoulli", "RandomUniformLike", "Dropout: with NumPy's random numbers"};

constexpr Scope scopes[] = {
    {"no recurrent networks", recurrent},
    {"a graph has no control flow", control_flow},
    {"a value is a tensor", sequences},
    {"no text", text},
    {"networks compute in float32", narrow_types},
    {"integers are labels, indices and counters", integers},
    {"no integer inference", quantised},
    {"elements are not chosen by indices", by_index},
    {"shapes are known and have elements", made_tensors},
    {"not among the mission's layers", moved},
    {"not among the mission's functions", functions},
    {"no signal processing", signals},
    {"up-sampling repeats pixels", images},
    {"pooling has a window and a stride", windows},
    {"products are of a matrix, reductions are sums and maxima", algebra},
    {"random numbers are the library's own", random},
};

}  // namespace

std::span<const Scope> out_of_scope() { return scopes; }

std::optional<std::string_view> reason_for(std::string_view what) {
  for (const Scope& scope : scopes) {
    if (std::find(scope.names.begin(), scope.names.end(), what) != scope.names.end()) {
      return scope.reason;
    }
  }
  return {};
}

}  // namespace sloy::from_onnx
