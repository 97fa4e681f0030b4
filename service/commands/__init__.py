"""The commands of `huiying`, one file per group; `service.cli` gathers them."""
