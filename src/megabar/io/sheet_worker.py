"""Child process of `spreadsheet`: a spreadsheet on standard input, its sheets as marshalled text on standard output.

It imports nothing of the package. A message for the user goes to standard error, with exit status 2.
"""

import contextlib
import io
import marshal
import sys

MEMORY_LIMIT = 4 * 1024**3


def _cell(value: object) -> str:
    return repr(value) if type(value) in (int, float) else str(value).strip()


def main() -> int:
    """Read, convert, write; 2 and one line on standard error when calamine refuses the file."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # no such limits on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        sheets = []
        for sheet in workbook.sheets_metadata:
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
                rows = workbook.get_sheet_by_name(sheet.name).iter_rows()
                sheets.append((sheet.name, [[_cell(value) for value in row] for row in rows]))
    except (python_calamine.CalamineError, OSError, ValueError, MemoryError) as error:
        sys.stderr.write(" ".join(str(error).split()))
        return 2
    sys.stdout.buffer.write(marshal.dumps(sheets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
