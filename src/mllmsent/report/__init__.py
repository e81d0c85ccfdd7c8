"""The report: what was found in a run, as one HTML page that needs no network.

write_report(run)                                        # runs/NAME/report/index.html
build_report(run).figures["leaderboard-polarity3"].table # a DataFrame
"""

from mllmsent.report.figures import Figure
from mllmsent.report.page import Report, build_report, write_report

__all__ = ["Figure", "Report", "build_report", "write_report"]
