// Times training steps of W2, the tiny perceptron, in PyTorch's C++ interface, and prints one JSON
// line: what is left of PyTorch's time without Python.
//   libtorch_step [--threads N] [--seconds S]
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t batch_size = 32;
constexpr std::int64_t parameters = 105;
constexpr int together = 100;  // steps timed at once

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

double number(int count, char** arguments, const std::string& name, double otherwise) {
  for (int i = 1; i + 1 < count; ++i) {
    if (name == arguments[i]) return std::atof(arguments[i + 1]);
  }
  return otherwise;
}

long peak_resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  namespace nn = torch::nn;
  const int threads = static_cast<int>(number(count, arguments, "--threads", 2));
  const double seconds = number(count, arguments, "--seconds", 6);
  torch::set_num_threads(threads);
  torch::manual_seed(0);
  nn::Sequential net(nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 8), nn::Tanh(), nn::Linear(8, 1));
  std::int64_t counted = 0;
  for (const torch::Tensor& parameter : net->parameters()) counted += parameter.numel();
  if (counted != parameters) {
    std::fprintf(stderr, "%lld parameters, not %lld\n", static_cast<long long>(counted),
                 static_cast<long long>(parameters));
    return 1;
  }
  torch::optim::SGD optimizer(net->parameters(), 0.05);
  std::vector<torch::Tensor> features, targets;
  for (int k = 0; k < 4; ++k) {
    features.push_back(torch::rand({batch_size, 2}));
    targets.push_back(features[k].slice(1, 0, 1) * features[k].slice(1, 1, 2));
  }
  auto step = [&](int k) {
    optimizer.zero_grad();
    torch::mse_loss(net->forward(features[k % 4]), targets[k % 4]).backward();
    optimizer.step();
  };
  for (int k = 0; k < 3 * together; ++k) step(k);
  std::vector<double> times;
  const auto begun = Clock::now();
  while (since(begun) < seconds) {
    const auto start = Clock::now();
    for (int k = 0; k < together; ++k) step(k);
    times.push_back(since(start) / together);
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  std::printf(
      "{\"peer\": \"libtorch\", \"version\": \"%s\", \"mode\": \"C++\", \"workload\": \"W2\", "
      "\"threads\": %d, \"batch_size\": %d, \"timed\": %zu, \"ms\": %.5f, \"ms_min\": %.5f, "
      "\"steps_per_second\": %.1f, \"rss_mb\": %ld}\n",
      TORCH_VERSION, threads, static_cast<int>(batch_size), times.size(), 1e3 * median,
      1e3 * times.front(), 1 / median, peak_resident_mb());
}
