// SPDX-License-Identifier: GPL-2.0
// Layout for people: no cell is cut, whatever the width of the terminal; nothing is padded at the end.

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "layout.h"
#include "text.h"

/**
 * layout_new() - a layout without rows
 * @ncolumns: how many columns; layout_column() must follow for each
 *
 * Return: the layout, for layout_free().
 */
struct layout *layout_new(size_t ncolumns)
{
	struct layout *layout = need(calloc(1, sizeof(*layout)));

	layout->ncolumns = ncolumns;
	layout->columns = need(calloc(ncolumns + 1, sizeof(*layout->columns)));
	return layout;
}

/**
 * layout_column() - say what a column is
 * @layout: from layout_new()
 * @column: its index
 * @name: its heading; must outlive the layout
 * @right: its cells are flush right
 */
void layout_column(struct layout *layout, size_t column, const char *name, bool right)
{
	layout->columns[column].name = name;
	layout->columns[column].right = right;
	layout->columns[column].width = text_width(name);
}

/**
 * layout_cell() - append a cell: row by row, from left to right
 * @layout: whose columns are known
 * @text: what it shows; freed with the layout
 * @marked: people should look at it
 */
void layout_cell(struct layout *layout, char *text, bool marked)
{
	struct layout_column *column = &layout->columns[layout->ncells % layout->ncolumns];
	struct layout_cell *cell;

	if (layout->ncells == layout->room) {
		layout->room = layout->room ? 2 * layout->room : 256;
		layout->cells = need(reallocarray(layout->cells, layout->room,
						  sizeof(*layout->cells)));
	}
	cell = &layout->cells[layout->ncells++];
	cell->text = text;
	cell->width = text_width(text);
	cell->marked = marked;
	if (cell->width > column->width)
		column->width = cell->width;
}

static void blanks(FILE *out, size_t n)
{
	while (n--)
		putc_unlocked(' ', out);
}

static void print_cell(FILE *out, const struct layout *layout, size_t index,
		       const struct layout_cell *cell, bool colour)
{
	const struct layout_column *column = &layout->columns[index];
	size_t room = column->width - cell->width;

	if (index)
		putc_unlocked(' ', out);
	if (column->right)
		blanks(out, room);
	if (colour)
		fputs("\033[31m", out);
	fputs_unlocked(cell->text, out);
	if (colour)
		fputs("\033[0m", out);
	if (!column->right && index + 1 < layout->ncolumns)
		blanks(out, room);
}

/**
 * layout_print() - print it
 * @layout: with all its cells
 * @out: where to
 * @headings: with a header line
 * @colours: marked cells in red
 */
void layout_print(const struct layout *layout, FILE *out, bool headings, bool colours)
{
	for (size_t i = 0; headings && i < layout->ncolumns; i++) {
		struct layout_cell cell = { .text = (char *)layout->columns[i].name };

		cell.width = text_width(cell.text);
		print_cell(out, layout, i, &cell, false);
		if (i + 1 == layout->ncolumns)
			putc_unlocked('\n', out);
	}
	for (size_t i = 0; i < layout->ncells; i++) {
		size_t column = i % layout->ncolumns;

		print_cell(out, layout, column, &layout->cells[i],
			   colours && layout->cells[i].marked);
		if (column + 1 == layout->ncolumns)
			putc_unlocked('\n', out);
	}
}

/**
 * layout_free() - give its memory back
 * @layout: from layout_new()
 */
void layout_free(struct layout *layout)
{
	for (size_t i = 0; i < layout->ncells; i++)
		free(layout->cells[i].text);
	free(layout->cells);
	free(layout->columns);
	free(layout);
}
