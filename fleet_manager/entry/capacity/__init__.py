"""`fleet capacity`: how many robots and which lifts a hospital needs for its promise."""
