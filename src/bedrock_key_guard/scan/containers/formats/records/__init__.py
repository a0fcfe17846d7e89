"""Read files of records, each with the way in which its blocks are compressed."""
