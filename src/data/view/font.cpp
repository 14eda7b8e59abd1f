#include "data/view/font.h"

#include <array>

namespace sloy::data {
namespace {

constexpr int first_letter = ' ';
constexpr int letters_a_row = 12;
constexpr int letters = 96;

/// The letters of ASCII from the blank on, twelve a row, as they are seen; the last is what is
/// drawn in place of all others.
constexpr std::array<std::string_view, letters / letters_a_row * letter_height> drawn{
    "        #    # #   # #    #   ##  #  ##     #      #   #               ",
    "        #    # #   # #   #### ##  # #  #    #     #     #     #     #  ",
    "        #    # #  ##### # #      #  # #     #    #       #  # # #   #  ",
    "        #          # #   ###    #    #           #       #   ###  #####",
    "        #         #####   # #  #    # # #        #       #  # # #   #  ",
    "                   # #  ####  #  ## #  #          #     #     #     #  ",
    "        #          # #    #   #  ##  ## #          #   #               ",
    "                                                                       ",
    "                                                                       ",
    "                      #  ###    #    ###   ###     #  #####   ##  #####",
    "                      # #   #  ##   #   # #   #   ##  #      #        #",
    "                     #  #  ##   #       #     #  # #  ####  #        # ",
    "       ###          #   # # #   #      #    ##  #  #      # ####    #  ",
    "                   #    ##  #   #     #       # #####     # #   #   #  ",
    "  #          ##   #     #   #   #    #    #   #    #  #   # #   #   #  ",
    "  #          ##   #      ###   ###  #####  ###     #   ###   ###    #  ",
    " #                                                                     ",
    "                                                                       ",
    " ###   ###                  #       #      ###   ###   ###  ####   ### ",
    "#   # #   #  ##    ##      #         #    #   # #   # #   # #   # #   #",
    "#   # #   #  ##    ##     #   #####   #       # # ### #   # #   # #    ",
    " ###   ####              #             #     #  # # # ##### ####  #    ",
    "#   #     #  ##    ##     #   #####   #     #   # ##  #   # #   # #    ",
    "#   #    #   ##    ##      #         #          #     #   # #   # #   #",
    " ###   ##           #       #       #       #    ###  #   # ####   ### ",
    "                   #                                                   ",
    "                                                                       ",
    "####  ##### #####  ###  #   #  ###    ### #   # #     #   # #   #  ### ",
    "#   # #     #     #   # #   #   #      #  #  #  #     ## ## ##  # #   #",
    "#   # #     #     #     #   #   #      #  # #   #     # # # ##  # #   #",
    "#   # ####  ####  # ### #####   #      #  ##    #     # # # # # # #   #",
    "#   # #     #     #   # #   #   #      #  # #   #     #   # #  ## #   #",
    "#   # #     #     #   # #   #   #   #  #  #  #  #     #   # #  ## #   #",
    "####  ##### #      #### #   #  ###   ##   #   # ##### #   # #   #  ### ",
    "                                                                       ",
    "                                                                       ",
    "####   ###  ####   #### ##### #   # #   # #   # #   # #   # #####  ### ",
    "#   # #   # #   # #       #   #   # #   # #   # #   # #   #     #  #   ",
    "#   # #   # #   # #       #   #   # #   # #   #  # #   # #     #   #   ",
    "####  #   # ####   ###    #   #   # #   # # # #   #     #     #    #   ",
    "#     # # # # #       #   #   #   # #   # # # #  # #    #    #     #   ",
    "#     #  #  #  #      #   #   #   #  # #  ## ## #   #   #   #      #   ",
    "#      ## # #   # ####    #    ###    #   #   # #   #   #   #####  ### ",
    "                                                                       ",
    "                                                                       ",
    "#      ###    #          #          #               #         ##       ",
    "#        #   # #          #         #               #        #  #      ",
    " #       #  #   #              ###  ####   ###   ####  ###   #     ####",
    "  #      #                        # #   # #   # #   # #   # ###   #   #",
    "   #     #                     #### #   # #     #   # #####  #    #   #",
    "    #    #                    #   # #   # #   # #   # #      #    #   #",
    "    #  ###                     #### ####   ###   ####  ###   #     ####",
    "                  #####                                               #",
    "                                                                   ### ",
    "#       #      #  #      ##                                            ",
    "#                 #       #                                            ",
    "# ##   ##     ##  #  #    #   ## #  # ##   ###  ####   #### # ##   ####",
    "##  #   #      #  # #     #   # # # ##  # #   # #   # #   # ##  # #    ",
    "#   #   #      #  ##      #   # # # #   # #   # #   # #   # #      ### ",
    "#   #   #      #  # #     #   # # # #   # #   # #   # #   # #         #",
    "#   #  ###     #  #  #   ###  # # # #   #  ###  ####   #### #     #### ",
    "            #  #                                #         #            ",
    "             ##                                 #         #            ",
    " #                                           ##   #   ##          #####",
    " #                                          #     #     #         #   #",
    "###   #   # #   # #   # #   # #   # #####   #     #     #    ## # #   #",
    " #    #   # #   # #   #  # #  #   #    #   #      #      #  # ##  #   #",
    " #    #   # #   # # # #   #   #   #   #     #     #     #         #   #",
    " #  # #  ##  # #  # # #  # #  #   #  #      #     #     #         #   #",
    "  ##   ## #   #    # #  #   #  #### #####    ##   #   ##          #####",
    "                                  #                                    ",
    "                               ###                                     "};

}  // namespace

bool is_ink(char letter, int x, int y) {
  int number = static_cast<unsigned char>(letter) - first_letter;
  if (number < 0 || number >= letters) number = letters - 1;
  const int row = number / letters_a_row * letter_height + y;
  const int column = number % letters_a_row * (letter_width + 1) + x;
  return drawn[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] == '#';
}

std::string drawable(std::string_view text) {
  constexpr char unknown = 127;
  std::string letters_of;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool continues = (code & 0xC0) == 0x80;  // a letter of UTF-8, which was begun
    if (!continues) letters_of += code < 128 ? byte : unknown;
  }
  return letters_of;
}

}  // namespace sloy::data
