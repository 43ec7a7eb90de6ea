// What std::map, std::set and std::list leave to functions that are compiled into the library: to
// put nodes into their place, to take them out, and to walk from one to the next. Whatever else
// they do is in their templates, and so in judged code.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"
#include "explore/hooks/real.hpp"
#include "explore/memory/leaks.hpp"

using namespace explorer::runtime;

// ---- trees

namespace {

struct tree_node {
    int color;
    tree_node* parent; // of the root: the tree's header, whose parent is the root
    tree_node* left;
    tree_node* right;
};

constexpr int most_kept = 1024;
constexpr int most_changed = 512;

// Nodes as they were, to see later what was changed.
struct kept_nodes {
    struct {
        tree_node* node;
        tree_node was;
    } kept[most_kept];
    int count;

    void keep(tree_node* node)
    {
        if (node != nullptr && count < most_kept) {
            kept[count++] = {node, *node};
        }
    }

    // A node with its children and theirs: turning a tree changes no others.
    void keep_family(tree_node* node, int generations)
    {
        keep(node);
        if (node != nullptr && generations > 0) {
            keep_family(node->left, generations - 1);
            keep_family(node->right, generations - 1);
        }
    }

    // What putting a node in or taking it out may change: all from there up to the root.
    void keep_way_up(tree_node* from, tree_node* header)
    {
        static constinit bool first = true;
        if (first) {
            first = false;
            note_own_memory(this, sizeof *this);
        }
        count = 0;
        for (; from != header; from = from->parent) {
            keep_family(from, 2);
        }
        keep(header);
    }

    // At a write another thread may have its turn, and a call of its own: first all are found.
    void mark_changes() const
    {
        places changed;
        for (int i = 0; i < count; ++i) {
            tree_node* now = kept[i].node;
            const tree_node& was = kept[i].was;
            changed.add_if_not(now->color, was.color);
            changed.add_if_not(now->parent, was.parent);
            changed.add_if_not(now->left, was.left);
            changed.add_if_not(now->right, was.right);
        }
        for (int i = 0; i < changed.count; ++i) {
            writes(changed.of[i].begin, changed.of[i].size);
        }
    }

private:
    struct places {
        struct {
            const void* begin;
            size_t size;
        } of[most_changed];
        int count = 0;

        template <class T>
        void add_if_not(const T& now, const T& was)
        {
            if (now != was && count < most_changed) {
                of[count++] = {&now, sizeof now};
            }
        }
    };
};
kept_nodes before; // of one call, while no other thread can have its turn

// The last node below `at` on one side; what leads there is read.
tree_node* lowest(tree_node* at, tree_node* tree_node::*side)
{
    reads(&(at->*side), sizeof(tree_node*));
    while (at->*side != nullptr) {
        at = at->*side;
        reads(&(at->*side), sizeof(tree_node*));
    }
    return at;
}

// What is read on the way to the next node in one direction.
void read_way(tree_node* from, tree_node* tree_node::*side, tree_node* tree_node::*other_side)
{
    reads(&(from->*side), sizeof(tree_node*));
    if (from->*side != nullptr) {
        lowest(from->*side, other_side);
        return;
    }
    tree_node* above = from->parent;
    reads(&from->parent, sizeof(tree_node*));
    while (from == above->*side) {
        reads(&(above->*side), sizeof(tree_node*));
        reads(&above->parent, sizeof(tree_node*));
        from = above;
        above = above->parent;
    }
}

bool is_header(const tree_node* node)
{
    constexpr int red = 0;
    return node->color == red && node->parent != nullptr && node->parent->parent == node;
}

void read_way_on(tree_node* from)
{
    if (EXPLORER_ACTIVE) {
        read_way(from, &tree_node::right, &tree_node::left);
    }
}
void read_way_back(tree_node* from)
{
    if (EXPLORER_ACTIVE && is_header(from)) {
        reads(&from->right, sizeof(tree_node*));
    } else if (EXPLORER_ACTIVE) {
        read_way(from, &tree_node::left, &tree_node::right);
    }
}

} // namespace

EXPLORER_IN_THE_LIBRARY(void, insert_node,
                        "_ZSt29_Rb_tree_insert_and_rebalancebPSt18_Rb_tree_node_baseS0_RS_",
                        (bool left, tree_node* node, tree_node* parent, tree_node* header))
{
    if (!EXPLORER_ACTIVE) {
        return real_insert_node()(left, node, parent, header);
    }
    before.keep_way_up(parent, header);
    before.keep(node);
    real_insert_node()(left, node, parent, header);
    before.mark_changes();
}

EXPLORER_IN_THE_LIBRARY(tree_node*, take_node_out,
                        "_ZSt28_Rb_tree_rebalance_for_erasePSt18_Rb_tree_node_baseRS_",
                        (tree_node * node, tree_node* header))
{
    if (!EXPLORER_ACTIVE) {
        return real_take_node_out()(node, header);
    }
    const bool has_both = node->left != nullptr && node->right != nullptr;
    tree_node* in_its_place = has_both ? lowest(node->right, &tree_node::left) : node;
    before.keep_way_up(in_its_place, header);
    tree_node* out = real_take_node_out()(node, header);
    before.mark_changes();
    return out;
}

#define STEP(name, mangled, read)                                                                  \
    EXPLORER_IN_THE_LIBRARY(tree_node*, name, mangled, (tree_node * from))                         \
    {                                                                                              \
        read(from);                                                                                \
        return real_##name()(from);                                                                \
    }
STEP(next_node, "_ZSt18_Rb_tree_incrementPSt18_Rb_tree_node_base", read_way_on)
STEP(next_const_node, "_ZSt18_Rb_tree_incrementPKSt18_Rb_tree_node_base", read_way_on)
STEP(previous_node, "_ZSt18_Rb_tree_decrementPSt18_Rb_tree_node_base", read_way_back)
STEP(previous_const_node, "_ZSt18_Rb_tree_decrementPKSt18_Rb_tree_node_base", read_way_back)

// ---- lists

namespace {

struct list_node {
    list_node* next;
    list_node* previous;
};

void writes_link(list_node** link)
{
    writes(link, sizeof *link);
}

// The links that lead to a node from its neighbors.
void writes_links_to(list_node* node)
{
    reads(node, sizeof *node);
    writes_link(&node->next->previous);
    writes_link(&node->previous->next);
}

} // namespace

EXPLORER_IN_THE_LIBRARY(void, hook_node, "_ZNSt8__detail15_List_node_base7_M_hookEPS0_",
                        (list_node * node, list_node* position))
{
    if (EXPLORER_ACTIVE) {
        writes(node, sizeof *node);
        writes_link(&position->previous->next);
        writes_link(&position->previous);
    }
    real_hook_node()(node, position);
}

EXPLORER_IN_THE_LIBRARY(void, unhook_node, "_ZNSt8__detail15_List_node_base9_M_unhookEv",
                        (list_node * node))
{
    if (EXPLORER_ACTIVE) {
        writes_links_to(node);
    }
    real_unhook_node()(node);
}

EXPLORER_IN_THE_LIBRARY(void, transfer_nodes,
                        "_ZNSt8__detail15_List_node_base11_M_transferEPS0_S1_",
                        (list_node * before_it, list_node* first, list_node* last))
{
    if (EXPLORER_ACTIVE && before_it != last) {
        list_node* const ends[] = {before_it, first, last};
        for (list_node* one : ends) {
            writes_link(&one->previous->next);
            writes_link(&one->previous);
        }
    }
    real_transfer_nodes()(before_it, first, last);
}

EXPLORER_IN_THE_LIBRARY(void, reverse_nodes, "_ZNSt8__detail15_List_node_base10_M_reverseEv",
                        (list_node * header))
{
    if (EXPLORER_ACTIVE) {
        list_node* at = header;
        do {
            writes(at, sizeof *at);
            at = at->next;
        } while (at != header);
    }
    real_reverse_nodes()(header);
}

EXPLORER_IN_THE_LIBRARY(void, swap_lists, "_ZNSt8__detail15_List_node_base4swapERS0_S1_",
                        (list_node * one, list_node* other))
{
    if (EXPLORER_ACTIVE) {
        list_node* const headers[] = {one, other};
        for (list_node* header : headers) {
            writes_links_to(header);
            writes(header, sizeof *header);
        }
    }
    real_swap_lists()(one, other);
}

// ---- hashing, of strings for one

EXPLORER_IN_THE_LIBRARY(size_t, hash_bytes, "_ZSt11_Hash_bytesPKvmm",
                        (const void* bytes, size_t size, size_t seed))
{
    reads(bytes, size);
    return real_hash_bytes()(bytes, size, seed);
}
