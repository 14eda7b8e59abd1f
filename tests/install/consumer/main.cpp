// What a user of the installed library writes first. Errors are thrown and caught across the
// library's border, which needs their types to be exported.
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <iostream>
#include <vector>

int main() {
  const sloy::Tensor tensor(sloy::Shape{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  std::cout << sloy::to_string(tensor.type()) << '\n';
  try {
    static_cast<void>(tensor.reshaped(sloy::Shape{4}));
  } catch (const sloy::ShapeError& error) {
    std::cout << "refused: " << error.what() << '\n';
    return tensor.values<float>()[5] == 6 ? 0 : 1;
  }
  std::cout << "6 elements fit a shape of 4\n";
  return 1;
}
