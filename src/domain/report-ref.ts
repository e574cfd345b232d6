/** Where a report was written. */
export interface ReportRef {
  readonly jsonKey?: string;
  readonly htmlKey?: string;
  readonly jsonFile?: string;
  readonly htmlFile?: string;
}
