"""The sharing graph: what is one module, and what flows where.

build          from a recipe to its sharing graph: tied modules are merged, rules checked, and what flows is connected
call_making    what each task applies its modules to: calls, made slot by slot
calls          what is computed: the inputs of a graph, calls of its components, and the one walk over them
drawing        drawings of a sharing graph: for a terminal
module_graph   the components of a recipe and the edges between them, as its slots, parts and conditions say
parts          the parts of a composite, and theirs
pulls          which components are pulled together: modules of soft groups, part by part
rules/         the rules of a sharing graph, one rule or one family a file; `broken_rules` applies them all
sharing_graph  the sharing graph: the components of all tasks after tied modules are merged
sound          the part of a recipe about which nothing is wrong: its graph
"""
