"""Report packs (专题汇报): the figures of a period for the office, as a workbook and as a document with charts."""
