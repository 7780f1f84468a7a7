/** How far a download has come. */
export interface DownloadProgress {
  /** Bytes of all files together; 0 while unknown. */
  totalSize: number;
  /** Bytes that are on disk, those of an earlier, interrupted run included. */
  downloadedSize: number;
}

export type OnDownloadProgress = (progress: DownloadProgress) => void;
