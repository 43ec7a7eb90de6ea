// Lines for people: no wider than their terminal, and broken between words.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace explorer {

/// Cut off, with two dots at its end.
std::string shortened(std::string text, std::size_t width);

/// Exactly so wide: with spaces behind, or cut off.
std::string padded(const std::string& text, std::size_t width);

class page {
public:
    /// As wide as COLUMNS says, at most 100; colored on a terminal, unless NO_COLOR is set.
    page();

    std::size_t width() const { return width_; }

    /// A line that is cut off at the edge.
    void line(const std::string& text);
    /// The same, in bold red.
    void emphasized(const std::string& text);
    /// In bold red, and broken between words.
    void headline(const std::string& text);
    /// Broken between words; a word that is longer than the page stays whole.
    void wrapped(const std::string& text, const std::string& indent = {},
                 const std::string& rest_indent = {});
    /// Not cut: it is there to be copied.
    void whole(const std::string& text) { out_ += text + "\n"; }

    /// What was written since the last call.
    std::string taken();

private:
    std::vector<std::string> broken(std::string text, std::string indent,
                                    const std::string& rest_indent) const;
    void in_red(const std::string& text);

    const std::size_t width_;
    const bool colored_;
    std::string out_;
};

} // namespace explorer
