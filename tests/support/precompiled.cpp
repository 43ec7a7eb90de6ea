// Nothing of its own: precompiled headers need a source file to be built for.
//
// SPDX-License-Identifier: MIT
